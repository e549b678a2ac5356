import { linux, type Operation } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { contentsWord, fillWhole, overwriteNewBuffers } from '../../kit/contents.ts';
import type { CaseContext } from '../../kit/context.ts';
import { observeConserved } from '../../kit/free-memory.ts';
import { cycleLength } from '../../kit/sizes.ts';
import { socketEnds } from '../../kit/socket-ends.ts';
import { adviseMapping, mapBuffer, shrinkMapping, splitMapping } from './pieces.ts';

const { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, FD_CLOEXEC } = linux;
const { MSG_PEEK, O_CLOEXEC, O_PATH, PROT_NONE } = linux;
/** Where F_DUPFD begins to look, and the number that dup3 is given. */
const HIGH = 64n;

/** Further descriptors and pieces of mappings: each holds a buffer, and none for longer. */
export const referenceCases: readonly Case[] = [
  {
    id: 'LIF-14/replaced',
    title: 'a descriptor that dup2 or dup3 replaces is closed',
    requirements: ['LIF-14'],
    async run(context) {
      const length = cycleLength(context);
      const device = await context.device();
      const [one, other] = [context.descriptorIn('one'), context.descriptorIn('other')];
      await observeDescriptors(context, [
        context.allocationStep('one', device, { length }),
        context.allocationStep('other', device, { length }),
        { op: 'dup3', fd: one, to: HIGH, flags: O_CLOEXEC },
        { op: 'dup3', fd: one, to: other, flags: 0n },
        { op: 'dup2', fd: other, to: HIGH },
        { op: 'dup2', fd: other, to: other },
        { op: 'close', fd: one },
        { op: 'close', fd: other },
        { op: 'close', fd: HIGH },
      ]);
    },
  },
  {
    id: 'LIF-14/duplicated',
    title: 'a duplicate that fcntl makes holds a buffer until it is closed',
    requirements: ['LIF-14'],
    async run(context) {
      const fd = context.descriptorIn('held');
      await observeDescriptors(context, [
        context.allocationStep('held', await context.device(), { length: cycleLength(context) }),
        { op: 'fcntl', slot: 'closing', fd, command: F_DUPFD_CLOEXEC, value: HIGH },
        { op: 'fcntl', slot: 'plain', fd, command: F_DUPFD, value: 0n },
        { op: 'fcntl', fd: { slot: 'plain' }, command: F_SETFD, value: FD_CLOEXEC },
        { op: 'fcntl', fd: { slot: 'plain' }, command: F_GETFD },
        { op: 'close', fd },
        { op: 'close', fd: { slot: 'closing' } },
        { op: 'close', fd: { slot: 'plain' } },
      ]);
    },
  },
  {
    id: 'LIF-14/peeked',
    title: 'looking at a message gives a reference of its own',
    requirements: ['LIF-14'],
    needs: ['sockets'],
    async run(context) {
      const fd = context.descriptorIn('held');
      const [one, other] = socketEnds('ends');
      await observeDescriptors(context, [
        { op: 'socketpair', slot: 'ends' },
        context.allocationStep('held', await context.device(), { length: cycleLength(context) }),
        { op: 'sendfd', fd: one, passed: fd },
        { op: 'close', fd },
        { op: 'recvfd', slot: 'seen', fd: other, flags: MSG_PEEK },
        { op: 'recvfd', slot: 'taken', fd: other },
        { op: 'close', fd: { slot: 'seen' } },
        { op: 'close', fd: { slot: 'taken' } },
        { op: 'close', fd: one },
        { op: 'close', fd: other },
      ]);
    },
  },
  {
    id: 'LIF-14/named',
    title: 'a descriptor that only names a buffer costs nothing in the end',
    requirements: ['LIF-14'],
    needs: ['procfs'],
    async run(context) {
      const fd = context.descriptorIn('held');
      await observeDescriptors(context, [
        context.allocationStep('held', await context.device(), { length: cycleLength(context) }),
        { op: 'reopen', slot: 'name', fd, flags: O_PATH },
        { op: 'close', fd },
        { op: 'close', fd: { slot: 'name' } },
      ]);
    },
  },
  {
    id: 'LIF-14/last',
    title: 'the last duplicate keeps the buffer',
    requirements: ['LIF-14'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer();
      await fillWhole(subject, await context.map(buffer, page), page, 0x4d);
      const duplicates = [
        await subject.fcntl({ fd: buffer.fd, command: F_DUPFD_CLOEXEC, value: HIGH }),
        await subject.dup3({ fd: buffer.fd, to: 2n * HIGH, flags: O_CLOEXEC }),
        await subject.dup2({ fd: buffer.fd, to: 3n * HIGH }),
      ];
      await context.release(buffer);
      const last = duplicates.pop();
      for (const fd of duplicates) await subject.close({ fd });
      await overwriteNewBuffers(context);
      const mapping = await context.map({ ...buffer, fd: { slot: last?.slot ?? '' } }, page);
      const word = await contentsWord(subject, mapping, page, 0x4d);
      context.observe('LIF-14', 'pattern', word, `through the last of four descriptors: ${word}`);
    },
  },
  {
    id: 'LIF-15/split',
    title: 'a mapping in pieces is one mapping after the other',
    requirements: ['LIF-15'],
    async run(context) {
      await observeMappings(context, splitMapping(context));
    },
  },
  {
    id: 'LIF-15/shrunk',
    title: 'a mapping with fewer pages lets go with the last of them',
    requirements: ['LIF-15'],
    async run(context) {
      await observeMappings(context, shrinkMapping(context));
    },
  },
  {
    id: 'LIF-15/advised',
    title: 'advice on a part of a mapping leaves no reference',
    requirements: ['LIF-15'],
    async run(context) {
      await observeMappings(context, adviseMapping(context));
    },
  },
  {
    id: 'LIF-15/rest',
    title: 'the rest of a shrunk mapping stays valid',
    requirements: ['LIF-15'],
    async run(context) {
      const { page, subject } = context;
      const length = 4n * page;
      const buffer = await context.buffer({ length });
      const address = await context.map(buffer, length);
      await fillWhole(subject, address, length, 0x6d);
      await context.release(buffer);
      await subject.mremap({ address, oldLength: length, newLength: 3n * page, flags: 0n });
      await subject.mprotect({ address, offset: page, length: page, protection: PROT_NONE });
      await subject.munmap({ address, offset: page, length: page });
      await subject.madvise({ address, length: page, advice: linux.MADV_RANDOM });
      await overwriteNewBuffers(context);
      for (const offset of [0n, 2n * page]) {
        const rest = { address, offset, length: page, bytes: Uint8Array.of(0x6d) };
        const { ok, value, word } = await subject.scan(rest);
        const seen = ok ? (value === page ? 'own-bytes' : 'other-bytes') : word;
        context.observe('LIF-15', 'rest', seen, `page ${offset / page} of four: ${seen}`);
      }
    },
  },
];

/** A cycle of descriptors that ends as it began. */
async function observeDescriptors(context: CaseContext, body: readonly Operation[]): Promise<void> {
  const leakBytes = cycleLength(context);
  await observeConserved(context, { requirement: 'LIF-14', body, leakBytes });
}

/** A cycle of a buffer that nothing but the mapping `mapped` holds, which must be gone at its end. */
async function observeMappings(context: CaseContext, rest: readonly Operation[]): Promise<void> {
  const length = cycleLength(context);
  const fd = context.descriptorIn('cycle');
  const body: Operation[] = [
    context.allocationStep('cycle', await context.device(), { length }),
    mapBuffer(context, fd),
    { op: 'close', fd },
    ...rest,
  ];
  await observeConserved(context, { requirement: 'LIF-15', body, leakBytes: length });
}
