import {
  type Client,
  linux,
  type Operation,
  outcomePhrase,
  statOf,
} from '../../adapters/contract/index.ts';
import { commandOf } from '../../catalogue/abi-request.ts';
import type { Case } from '../kit/case.ts';
import { contentsWord, fillWhole } from '../kit/contents.ts';
import { type CaseContext, SUBJECT } from '../kit/context.ts';
import { Inconclusive } from '../kit/observation.ts';

/** An id without privileges, as the user nobody has. */
const NOBODY = 65_534n;
const OPENS = 1000n;
const PROCESSES = 8;
/** One command past the allocation’s own. */
const NEXT_NR = 1n;

/** Cases of group `devices`: the device nodes. */
export const devicesCases: readonly Case[] = [
  {
    id: 'DEV-01/node',
    title: 'a region is a character device with the ABI’s name and major',
    requirements: ['DEV-01'],
    async run(context) {
      const { out } = await context.subject.fstat({ fd: await context.device() });
      const { mode, nodeDevice: number } = statOf(out);
      const type = (mode & linux.S_IFMT) === linux.S_IFCHR ? 'character' : 'other';
      context.observe('DEV-01', 'type', type, `st_mode is 0${mode.toString(8)}`);
      const { node } = context.region;
      context.observe('DEV-01', 'name', nodeName(node), `the node is ${node}`);
      // Of dma-heaps the kernel chooses the major.
      if (context.abi.name !== 'simple-allocator') return;
      const major = linux.majorOf(number);
      context.observe('DEV-01', 'major', String(major), `st_rdev 0x${number.toString(16)}`);
    },
  },
  {
    id: 'DEV-02/read-only',
    title: 'a device opened for reading only allocates',
    requirements: ['DEV-02'],
    async run(context) {
      await context.control();
      const device = await context.openDevice(context.subject, linux.O_RDONLY);
      const { word } = await context.allocate({}, { device });
      context.observe(
        'DEV-02',
        'request',
        word,
        `a request on an O_RDONLY device ${outcomePhrase(word)}`,
      );
    },
  },
  {
    id: 'DEV-03/unprivileged',
    title: 'an unprivileged process cannot open the device',
    requirements: ['DEV-03'],
    needs: ['clients', 'limits'],
    async run(context) {
      await context.control();
      await context.subject.fork({ client: 'nobody' });
      const nobody = context.client('nobody');
      const { ok, word: refusal } = await nobody.setuid({ uid: NOBODY });
      if (!ok) throw new Inconclusive(`blocked: setuid failed with ${refusal}`);
      const { word } = await nobody.open({ file: context.region.name, flags: linux.O_RDWR });
      context.observe('DEV-03', 'open', word, `open by user ${NOBODY} ${outcomePhrase(word)}`);
    },
  },
  {
    id: 'DEV-04/many',
    title: 'the device is opened a thousand times, and by eight processes',
    requirements: ['DEV-04'],
    needs: ['clients'],
    async run(context) {
      await context.control();
      const opened = await openMany(context);
      const word = opened === OPENS ? 'all' : 'fewer';
      const detail = `${opened} of ${OPENS} descriptors of the device allocated`;
      context.observe('DEV-04', 'opens', word, detail);
      for (let index = 0; index < PROCESSES; index += 1) {
        const name = `process-${index}`;
        await context.subject.fork({ client: name });
        const client = context.client(name);
        const device = await context.openDevice(client);
        const buffer = await context.allocate({}, { client, device });
        const seen = `process ${index + 1} of ${PROCESSES}: ${buffer.word}`;
        context.observe('DEV-04', 'processes', buffer.word, seen);
        await context.release(buffer);
      }
    },
  },
  {
    id: 'DEV-05/device-closed',
    title: 'buffers outlive the device’s descriptor',
    requirements: ['DEV-05'],
    async run(context) {
      const { page, subject } = context;
      const device = await context.openDevice(subject);
      const buffer = await context.buffer({}, { device: { slot: device.slot } });
      const before = await context.map(buffer, page);
      await fillWhole(subject, before, page, 0x96);
      await subject.close({ fd: device });
      const flags = linux.MAP_SHARED;
      const wanted = { length: page, protection: linux.PROT_READ, flags, fd: buffer.fd };
      const after = await subject.mmap(wanted);
      const word = after.ok ? await contentsWord(subject, after, page, 0x96) : after.word;
      context.observe('DEV-05', 'pattern', word, `the buffer after the device was closed: ${word}`);
    },
  },
  {
    id: 'DEV-06/inherited',
    title: 'a child allocates with its parent’s device, for itself',
    requirements: ['DEV-06'],
    needs: ['clients', 'procfs'],
    async run(context) {
      await context.control();
      await context.subject.fork({ client: 'child' });
      const child = context.client('child');
      const before = await openNumbers(child);
      const others = await openNumbers(context.subject);
      const { word } = await context.allocate({}, { client: child });
      context.observe('DEV-06', 'inherited', word, `the child’s request ${outcomePhrase(word)}`);
      const gained = (await openNumbers(child)) - before;
      const elsewhere = (await openNumbers(context.subject)) - others;
      const table = gained === 1n && elsewhere === 0n ? 'caller' : 'other';
      const detail = `${gained} descriptors more in the child, ${elsewhere} in its parent`;
      context.observe('DEV-06', 'table', table, detail);
    },
  },
  {
    id: 'DEV-06/received',
    title: 'a device that came by a message allocates',
    requirements: ['DEV-06'],
    needs: ['clients', 'sockets'],
    async run(context) {
      await context.control();
      const { subject } = context;
      const pair = await subject.socketpair({});
      await subject.fork({ client: 'receiver' });
      const receiver = context.client('receiver');
      const sent = await subject.sendfd({
        fd: pair.field(0, 4, true),
        passed: await context.device(),
      });
      const device = await receiver.recvfd({ fd: pair.field(4, 4, true) });
      if (!sent.ok || !device.ok)
        throw new Inconclusive(`blocked: passing the descriptor ${outcomePhrase(device.word)}`);
      const { word } = await context.allocate({}, { client: receiver, device });
      context.observe(
        'DEV-06',
        'received',
        word,
        `a request on a received device ${outcomePhrase(word)}`,
      );
    },
  },
  {
    id: 'DEV-07/no-file',
    title: 'the device is not read, written or moved in',
    requirements: ['DEV-07'],
    async run(context) {
      const fd = await context.device();
      const { page, subject } = context;
      const read = await subject.pread({ fd, length: page });
      context.observe('DEV-07', 'read', read.word, `pread ${outcomePhrase(read.word)}`);
      const written = await subject.pwrite({ fd, bytes: Uint8Array.of(1) });
      context.observe('DEV-07', 'write', written.word, `pwrite ${outcomePhrase(written.word)}`);
      const moved = await subject.lseek({ fd, offset: page, whence: linux.SEEK_SET });
      context.observe('DEV-07', 'seek', moved.word, `lseek ${outcomePhrase(moved.word)}`);
    },
  },
  {
    id: 'DEV-08/path-only',
    title: 'a descriptor that only names the device does not allocate',
    requirements: ['DEV-08'],
    async run(context) {
      await context.control();
      const device = await context.openDevice(context.subject, linux.O_PATH);
      const { word } = await context.allocate({}, { device });
      context.observe(
        'DEV-08',
        'path-only',
        word,
        `a request on an O_PATH device ${outcomePhrase(word)}`,
      );
    },
  },
  {
    id: 'DEV-09/name',
    title: 'whether a node is named for its region',
    requirements: ['DEV-09'],
    async run(context) {
      await context.device();
      const { node } = context.region;
      const word = /\d$/.test(node) ? 'numbered' : 'named';
      context.observe('DEV-09', 'name', word, `the node is ${node}`);
    },
  },
  {
    id: 'DEV-10/query',
    title: 'whether a command follows the allocation’s own',
    requirements: ['DEV-10'],
    async run(context) {
      await context.control();
      const request = commandOf(context.abi) + NEXT_NR;
      const { word } = await context.allocate({}, { request });
      const seen = UNKNOWN.includes(word) ? 'absent' : 'present';
      context.observe(
        'DEV-10',
        'query',
        seen,
        `the command with the next number ${outcomePhrase(word)}`,
      );
    },
  },
];

/** Errors that allocators return for unknown commands, rightly or not. */
const UNKNOWN: readonly string[] = ['ENOTTY', 'EINVAL', 'ENODEV', 'ENOSYS'];

function nodeName(node: string): 'cma' | 'heap' | 'other' {
  if (/^\/dev\/cma\d+$/.test(node)) return 'cma';
  return node.startsWith('/dev/dma_heap/') ? 'heap' : 'other';
}

/** Opens the device many times, keeps all of them, and allocates with each; how many did. */
async function openMany(context: CaseContext): Promise<bigint> {
  const step = context.allocationStep('one', { slot: 'opened[i]' });
  const body: Operation[] = [
    { op: 'open', slot: 'opened[i]', file: context.region.name, flags: linux.O_RDWR },
    step,
    { op: 'close', fd: context.descriptorIn('one') },
  ];
  const repeat: Operation = { op: 'repeat', times: OPENS, stop: 'failure', body };
  const result = (await context.runSteps(SUBJECT, [repeat])).threads[0]?.[0];
  const opened = result?.value ?? 0n;
  const close: Operation = { op: 'close', fd: { slot: 'opened[i]' } };
  if (opened > 0n) {
    await context.runSteps(SUBJECT, [
      { op: 'repeat', times: opened, stop: 'never', body: [close] },
    ]);
  }
  return opened;
}

const openNumbers = async (client: Client): Promise<bigint> => (await client.descriptors({})).value;
