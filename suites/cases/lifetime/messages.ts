import { linux, type Operation } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { bufferWord, overwriteNewBuffers, stamp } from '../../kit/contents.ts';
import { SUBJECT } from '../../kit/context.ts';
import { observeConserved } from '../../kit/free-memory.ts';
import { cycleLength } from '../../kit/sizes.ts';
import { socketEnds } from '../../kit/socket-ends.ts';
import { runPrepared } from '../../kit/three-processes.ts';

/** Buffers in messages that outlive a process. */
export const messageCases: readonly Case[] = [
  {
    id: 'LIF-13/relayed',
    title: 'a buffer is sent on from process to process',
    requirements: ['LIF-13'],
    needs: ['clients', 'sockets'],
    async run(context) {
      const { page, subject } = context;
      const device = await context.device();
      const [first, toSecond] = socketEnds('first');
      const [second, toThird] = socketEnds('second');
      await runPrepared(context, SUBJECT, [
        { op: 'socketpair', slot: 'first' },
        { op: 'socketpair', slot: 'second' },
        { op: 'fork', client: 'sender' },
        { op: 'fork', client: 'carrier' },
        { op: 'fork', client: 'receiver' },
      ]);
      const buffer = await context.buffer({}, { client: context.client('sender'), device });
      await stamp(context, buffer, page, 0x4a);
      await runPrepared(context, 'sender', [{ op: 'sendfd', fd: first, passed: buffer.fd }]);
      await endOf('sender');
      const carried = { slot: 'carried' };
      await runPrepared(context, 'carrier', [
        { op: 'recvfd', slot: 'carried', fd: toSecond },
        { op: 'sendfd', fd: second, passed: carried },
        { op: 'close', fd: carried },
      ]);
      await endOf('carrier');
      await runPrepared(context, 'receiver', [{ op: 'recvfd', slot: 'arrived', fd: toThird }]);
      const client = context.client('receiver');
      const word = await bufferWord(
        context,
        { ...buffer, client, fd: { slot: 'arrived' } },
        page,
        0x4a,
      );
      context.observe('LIF-13', 'relayed', word, `at the third process, the others ended: ${word}`);

      async function endOf(name: string): Promise<void> {
        await subject.kill({ client: name, signal: linux.SIGKILL });
        await subject.wait({ client: name });
        await overwriteNewBuffers(context);
      }
    },
  },
  {
    id: 'LIF-13/receiver-ends',
    title: 'messages that a process did not receive are freed when it ends',
    requirements: ['LIF-13'],
    needs: ['clients', 'sockets'],
    async run(context) {
      const length = cycleLength(context);
      const fd = context.descriptorIn('cycle');
      const [here, there] = socketEnds('ends');
      const body: Operation[] = [
        { op: 'socketpair', slot: 'ends' },
        { op: 'fork', client: 'receiver' },
        { op: 'close', fd: there },
        context.allocationStep('cycle', await context.device(), { length }),
        { op: 'sendfd', fd: here, passed: fd },
        { op: 'close', fd },
        { op: 'kill', client: 'receiver', signal: linux.SIGKILL },
        { op: 'wait', client: 'receiver' },
        { op: 'close', fd: here },
      ];
      await observeConserved(context, { requirement: 'LIF-13', body, leakBytes: length });
    },
  },
  {
    id: 'LIF-13/nested',
    title: 'a socket in a message frees the message that it holds',
    requirements: ['LIF-13'],
    needs: ['sockets'],
    async run(context) {
      const length = cycleLength(context);
      const fd = context.descriptorIn('cycle');
      const [inner, innerEnd] = socketEnds('inner');
      const [outer, outerEnd] = socketEnds('outer');
      const body: Operation[] = [
        { op: 'socketpair', slot: 'inner' },
        { op: 'socketpair', slot: 'outer' },
        context.allocationStep('cycle', await context.device(), { length }),
        { op: 'sendfd', fd: inner, passed: fd },
        { op: 'close', fd },
        { op: 'sendfd', fd: outer, passed: innerEnd },
        { op: 'close', fd: innerEnd },
        { op: 'close', fd: inner },
        { op: 'close', fd: outer },
        { op: 'close', fd: outerEnd },
      ];
      await observeConserved(context, { requirement: 'LIF-13', body, leakBytes: length });
    },
  },
];
