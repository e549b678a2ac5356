import { linux, type Operation, succeeded } from '../../../adapters/contract/index.ts';
import { commandOf, requestBytes } from '../../../catalogue/abi-request.ts';
import type { Case } from '../../kit/case.ts';
import { type CaseContext, SUBJECT } from '../../kit/context.ts';
import { observeConserved } from '../../kit/free-memory.ts';
import { cycleLength } from '../../kit/sizes.ts';

const { DMA_BUF_IOCTL_SYNC, DMA_BUF_SET_NAME, DMA_BUF_SYNC_END, DMA_BUF_SYNC_RW } = linux;
const { F_GETFL, F_SETFL, MAP_SHARED, MREMAP_MAYMOVE, O_NONBLOCK, O_RDWR } = linux;
const { POLLIN, POLLOUT, PROT_READ, PROT_WRITE, SEEK_END } = linux;

/** Calls that use a buffer, or are refused by it, and keep nothing. */
export const usageCases: readonly Case[] = [
  {
    id: 'LIF-16/files',
    title: 'file operations on a buffer cost it nothing',
    requirements: ['LIF-16'],
    async run(context) {
      const fd = context.descriptorIn('cycle');
      await observeUse(context, 'files', [
        { op: 'fstat', fd },
        { op: 'lseek', fd, offset: 0n, whence: SEEK_END },
        { op: 'poll', fd, events: POLLIN | POLLOUT },
        { op: 'fcntl', fd, command: F_GETFL },
        { op: 'fcntl', fd, command: F_SETFL, value: O_NONBLOCK },
      ]);
    },
  },
  {
    id: 'LIF-16/refused',
    title: 'operations that a buffer refuses cost it nothing',
    requirements: ['LIF-16'],
    async run(context) {
      const fd = context.descriptorIn('cycle');
      const refused: Operation[] = [
        { op: 'pread', fd, length: context.page },
        { op: 'pwrite', fd, bytes: new Uint8Array(16) },
        { op: 'ftruncate', fd, length: 0n },
        { op: 'lseek', fd, offset: 1n, whence: SEEK_END },
      ];
      await observeUse(context, 'files', [], refused);
    },
  },
  {
    id: 'LIF-16/documents',
    title: 'reading about a buffer in /proc costs it nothing',
    requirements: ['LIF-16'],
    needs: ['procfs'],
    async run(context) {
      const fd = context.descriptorIn('cycle');
      await observeUse(
        context,
        'documents',
        [
          { op: 'readlink', fd },
          { op: 'readfile', document: '/proc/self/fdinfo', fd },
          { op: 'descriptors' },
        ],
        [{ op: 'reopen', fd, flags: O_RDWR }],
      );
    },
  },
  {
    id: 'LIF-16/commands',
    title: 'commands on a buffer cost it nothing',
    requirements: ['LIF-16'],
    async run(context) {
      const buffer = await context.buffer();
      const name = new TextEncoder().encode('a name\0');
      const flags = [DMA_BUF_SYNC_RW, DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END, 0n];
      const commands: readonly (readonly [bigint, Uint8Array])[] = [
        ...flags.map((one) => [DMA_BUF_IOCTL_SYNC, wordBytes(one)] as const),
        [DMA_BUF_SET_NAME, name],
        [commandOf(context.abi), requestBytes(context.abi, { length: context.page })],
      ];
      const works: Operation[] = [];
      const refused: Operation[] = [];
      // A buffer need not know each of them; that is another rule's question.
      for (const [request, bytes] of commands) {
        const argument = { bytes };
        const { ok } = await context.subject.ioctl({ fd: buffer.fd, request, argument });
        const fd = context.descriptorIn('cycle');
        (ok ? works : refused).push({ op: 'ioctl', fd, request, argument });
      }
      await context.release(buffer);
      await observeUse(context, 'commands', works, refused);
    },
  },
  {
    id: 'LIF-16/mappings',
    title: 'using a mapping costs the buffer nothing',
    requirements: ['LIF-16'],
    async run(context) {
      const { page } = context;
      const length = cycleLength(context);
      const fd = context.descriptorIn('cycle');
      const address = { slot: 'mapped' };
      const protection = PROT_READ | PROT_WRITE;
      const bytes = Uint8Array.of(1);
      const newLength = length + page;
      const flags = MREMAP_MAYMOVE;
      await observeUse(
        context,
        'mappings',
        [
          { op: 'mmap', slot: 'mapped', length, protection, flags: MAP_SHARED, fd },
          { op: 'store', address, length: page, bytes },
          { op: 'load', address, length: 16n },
          { op: 'scan', address, length: page, bytes },
          { op: 'munmap', address, length },
        ],
        [
          { op: 'mmap', length: newLength, protection, flags: MAP_SHARED, fd },
          { op: 'mmap', length, protection, flags: 0n, fd },
          { op: 'mremap', address, oldLength: length, newLength, flags },
        ],
      );
    },
  },
  {
    id: 'LIF-16/frames',
    title: 'looking up the frames of a mapping costs a buffer nothing',
    requirements: ['LIF-16'],
    needs: ['frames'],
    async run(context) {
      const length = cycleLength(context);
      const fd = context.descriptorIn('cycle');
      const address = { slot: 'mapped' };
      const protection = PROT_READ | PROT_WRITE;
      await observeUse(context, 'mappings', [
        { op: 'mmap', slot: 'mapped', length, protection, flags: MAP_SHARED, fd },
        { op: 'frames', address, length },
        { op: 'munmap', address, length },
      ]);
    },
  },
  {
    id: 'LIF-16/peeked',
    title: 'reading a mapping from another process costs the buffer nothing',
    requirements: ['LIF-16'],
    needs: ['clients'],
    async run(context) {
      const length = cycleLength(context);
      const fd = context.descriptorIn('cycle');
      const address = { slot: 'mapped' };
      const protection = PROT_READ | PROT_WRITE;
      const flags = MAP_SHARED;
      const map: Operation = { op: 'mmap', slot: 'mapped', length, protection, flags, fd };
      const child: Operation = { op: 'fork', client: 'child' };
      const peek: Operation = { op: 'peek', client: 'child', address, length: 16n };
      const end: Operation[] = [
        { op: 'kill', client: 'child', signal: linux.SIGKILL },
        { op: 'wait', client: 'child' },
        { op: 'munmap', address, length },
      ];
      // Whether it can be read from outside is what MAP-16 tells.
      const allocate = context.allocationStep('cycle', await context.device(), { length });
      const close: Operation = { op: 'close', fd };
      const once = await context.runSteps(SUBJECT, [allocate, map, child, peek, ...end, close]);
      const read = once.threads[0]?.[3];
      const refused = read !== undefined && succeeded(read) ? [] : [peek];
      await observeUse(context, 'mappings', [map, child, peek, ...end], [], refused);
    },
  },
];

const wordBytes = (word: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(word).buffer);

/** Asks for a buffer, does with it what works and what is refused, and closes it. */
async function observeUse(
  context: CaseContext,
  role: string,
  works: readonly Operation[],
  refused: readonly Operation[] = [],
  refusedBetween: readonly Operation[] = [],
): Promise<void> {
  const length = cycleLength(context);
  await observeConserved(context, {
    requirement: 'LIF-16',
    role,
    body: [
      context.allocationStep('cycle', await context.device(), { length }),
      ...works,
      ...refused,
      { op: 'close', fd: context.descriptorIn('cycle') },
    ],
    leakBytes: length,
    refusedSteps: [...refused, ...refusedBetween],
  });
}
