/** Calls on a buffer that make no new reference; LIF-16 says that they leave none behind. */
import {
  type Capability,
  linux,
  type Operation,
  type SlotRef,
} from '../../../adapters/contract/index.ts';
import { commandOf, requestBytes } from '../../../catalogue/abi-request.ts';
import type { CaseContext } from '../../kit/context.ts';
import { cycleLength } from '../../kit/sizes.ts';

const { DMA_BUF_IOCTL_SYNC, DMA_BUF_SET_NAME, DMA_BUF_SYNC_END, DMA_BUF_SYNC_RW } = linux;
const { F_GETFL, F_SETFL, MAP_SHARED, MREMAP_MAYMOVE, O_NONBLOCK, O_RDWR } = linux;
const { POLLIN, POLLOUT, PROT_READ, PROT_WRITE, SEEK_END } = linux;

/** What is called: some of it works, the rest is refused, and all of it together keeps nothing. */
export interface UsingCalls {
  readonly works: readonly Operation[];
  readonly refused?: readonly Operation[];
}

/** A way to use a buffer. */
export interface BufferUse {
  /** Of its case, after the requirement. */
  readonly name: string;
  readonly title: string;
  /** The role under which it is judged. */
  readonly role: string;
  readonly needs?: readonly Capability[];
  /** The calls on the descriptor of a buffer of {@link cycleLength} bytes. */
  calls(context: CaseContext, fd: SlotRef): UsingCalls | Promise<UsingCalls>;
}

/** Ways to use a buffer, in the order of their cases. */
export const BUFFER_USES: readonly BufferUse[] = [
  {
    name: 'files',
    title: 'file operations on a buffer cost it nothing',
    role: 'files',
    calls: (_context, fd) => ({
      works: [
        { op: 'fstat', fd },
        { op: 'lseek', fd, offset: 0n, whence: SEEK_END },
        { op: 'poll', fd, events: POLLIN | POLLOUT },
        { op: 'fcntl', fd, command: F_GETFL },
        { op: 'fcntl', fd, command: F_SETFL, value: O_NONBLOCK },
      ],
    }),
  },
  {
    name: 'refused',
    title: 'operations that a buffer refuses cost it nothing',
    role: 'files',
    calls: ({ page }, fd) => ({
      works: [],
      refused: [
        { op: 'pread', fd, length: page },
        { op: 'pwrite', fd, bytes: new Uint8Array(16) },
        { op: 'ftruncate', fd, length: 0n },
        { op: 'lseek', fd, offset: 1n, whence: SEEK_END },
      ],
    }),
  },
  {
    name: 'documents',
    title: 'reading about a buffer in /proc costs it nothing',
    role: 'documents',
    needs: ['procfs'],
    calls: (_context, fd) => ({
      works: [
        { op: 'readlink', fd },
        { op: 'readfile', document: '/proc/self/fdinfo', fd },
        { op: 'descriptors' },
      ],
      refused: [{ op: 'reopen', fd, flags: O_RDWR }],
    }),
  },
  {
    name: 'commands',
    title: 'commands on a buffer cost it nothing',
    role: 'commands',
    calls: commandsOn,
  },
  {
    name: 'mappings',
    title: 'using a mapping costs the buffer nothing',
    role: 'mappings',
    calls(context, fd) {
      const { page } = context;
      const length = cycleLength(context);
      const address = { slot: 'mapped' };
      const protection = PROT_READ | PROT_WRITE;
      const bytes = Uint8Array.of(1);
      const newLength = length + page;
      const flags = MREMAP_MAYMOVE;
      return {
        works: [
          { op: 'mmap', slot: 'mapped', length, protection, flags: MAP_SHARED, fd },
          { op: 'store', address, length: page, bytes },
          { op: 'load', address, length: 16n },
          { op: 'scan', address, length: page, bytes },
          { op: 'munmap', address, length },
        ],
        refused: [
          { op: 'mmap', length: newLength, protection, flags: MAP_SHARED, fd },
          { op: 'mmap', length, protection, flags: 0n, fd },
          { op: 'mremap', address, oldLength: length, newLength, flags },
        ],
      };
    },
  },
  {
    name: 'frames',
    title: 'looking up the frames of a mapping costs a buffer nothing',
    role: 'mappings',
    needs: ['frames'],
    calls(context, fd) {
      const length = cycleLength(context);
      const address = { slot: 'mapped' };
      const protection = PROT_READ | PROT_WRITE;
      return {
        works: [
          { op: 'mmap', slot: 'mapped', length, protection, flags: MAP_SHARED, fd },
          { op: 'frames', address, length },
          { op: 'munmap', address, length },
        ],
      };
    },
  },
];

/** A buffer need not know each command; that is another rule's question, so each is tried once. */
async function commandsOn(context: CaseContext, fd: SlotRef): Promise<UsingCalls> {
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
  for (const [request, bytes] of commands) {
    const argument = { bytes };
    const { ok } = await context.subject.ioctl({ fd: buffer.fd, request, argument });
    (ok ? works : refused).push({ op: 'ioctl', fd, request, argument });
  }
  await context.release(buffer);
  return { works, refused };
}

const wordBytes = (word: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(word).buffer);
