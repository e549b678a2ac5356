import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { DocumentName } from '../../contract/operations.ts';
import type { CallReply } from '../../interpreter/answer.ts';
import { failed } from '../kernel/errno.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Handler, KernelCall } from './kernel-call.ts';

const { O_CLOEXEC } = linuxNumbers;
/** Bytes of the machine that are not in a region. */
const OTHER_BYTES = 512 * 2 ** 20;
/** Of those, what objects of the kernel take that live. */
const SLAB_BYTES = 16 * 2 ** 20;
/** Of those, what the kernel and its programs use; it never changes, so gauges have no noise. */
const BUSY_BYTES = 64 * 2 ** 20;

const ENCODER = new TextEncoder();

const text = (words: string): CallReply => {
  const out = ENCODER.encode(words);
  return { value: BigInt(out.length), out };
};

const readlink: Handler = (call) => {
  const file = call.anyFile();
  return failed(file) ? 'ENOENT' : text(file.link());
};

const DOCUMENT_TEXTS: Readonly<Record<DocumentName, (call: KernelCall) => CallReply>> = {
  '/proc/meminfo': (call) => text(memoryInformation(call)),
  '/proc/self/fdinfo': descriptorInformation,
  '/proc/self/status': (call) => text(processStatus(call)),
  '/proc/devices': ({ kernel }) => {
    const { major } = kernel.devices;
    return text(`Character devices:\n  1 mem\n${major} simple_allocator\n\nBlock devices:\n`);
  },
  '/sys/class/simple_allocator': ({ kernel }) => text(classListing(kernel)),
  '/sys/kernel/debug/dma_buf/bufinfo': () => 'ENOENT',
  '/sys/kernel/tracing/events/dma_buf': () => 'ENOENT',
  '/sys/kernel/debug/cma': () => 'ENOENT',
  '/sys/kernel/debug/kcov': () => 'ENOENT',
};

const readfile: Handler = (call) => DOCUMENT_TEXTS[call.operation.document as DocumentName](call);

const classListing = ({ devices }: Kernel): string =>
  devices.entries
    .map(({ node, minor }) => `${node.replace('/dev/', '')} ${devices.major}:${minor}\n`)
    .join('');

/** Names, padding and units as fs/proc/meminfo.c prints them. */
function memoryInformation({ kernel }: KernelCall): string {
  const { devices, pageBytes, quarantine } = kernel;
  const sum = (of: 'freePages' | 'pageCount'): number =>
    devices.regions.reduce((bytes, region) => bytes + region[of] * pageBytes, 0);
  const free = sum('freePages');
  const total = sum('pageCount');
  const kept = quarantine.heldBytes;
  const available = free + OTHER_BYTES - BUSY_BYTES - kept;
  const lines: readonly [string, number][] = [
    ['MemTotal', total + OTHER_BYTES],
    ['MemFree', available],
    ['MemAvailable', available],
    ['Slab', SLAB_BYTES + kept],
    ['CmaTotal', total],
    ['CmaFree', free],
  ];
  return lines
    .map(([name, bytes]) => `${`${name}:`.padEnd(16)}${String(bytes / 1024).padStart(8)} kB\n`)
    .join('');
}

function descriptorInformation(call: KernelCall): CallReply {
  const file = call.anyFile();
  if (failed(file)) return 'ENOENT';
  const closing = call.client.table.isCloseOnExec(call.int('fd')) ? O_CLOEXEC : 0;
  const flags = (file.flags | closing).toString(8);
  const { inode } = file.status();
  const head = `pos:\t0\nflags:\t0${flags}\nmnt_id:\t14\nino:\t${inode}\n`;
  return text(head + file.information());
}

function processStatus({ client }: KernelCall): string {
  const { pid, uid } = client;
  const ids = `${uid}\t${uid}\t${uid}\t${uid}`;
  return `Name:\tallocert\nState:\tR (running)\nTgid:\t${pid}\nPid:\t${pid}\nUid:\t${ids}\n`;
}

const descriptors: Handler = (call) => {
  const { numbers } = call.client.table;
  return { value: BigInt(numbers.length), out: new Uint8Array(Int32Array.from(numbers).buffer) };
};

/** Documents and links of /proc. */
export const procfsCalls = { readlink, readfile, descriptors } as const satisfies Record<
  string,
  Handler
>;
