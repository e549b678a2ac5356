import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import type { DefectSet } from '../defects/defect.ts';
import { failed } from '../kernel/errno.ts';
import type { Caller } from '../kernel/open-file.ts';
import type { CmaAllocator } from './allocator.ts';
import type { DmaBuf } from './dma-buf.ts';
import { AllocateRequest, LENGTH_OFFSET, REQUEST_BYTES, SA_IOC_ALLOC } from './request.ts';
import { check } from './request-check.ts';

/** One ioctl on the device. */
export interface DeviceCall {
  readonly request: number;
  readonly argument: UserArgument;
  readonly caller: Caller;
  readonly allocator: CmaAllocator;
  readonly defects: DefectSet;
  /** Told of what the kernel complains of. */
  onWarning(where: string): void;
  /** Told of each buffer that was made. */
  onBuffer(buffer: DmaBuf): void;
}

const RESERVED1_OFFSET = 20;
const RESERVED2_OFFSET = 28;
/** Defects that show the descriptor before the answer was written. */
const EARLY = ['install-before-answer', 'efault-takes-back'];
/** SA_IOC_ALLOC as _IOW would make it. */
const COMMAND_IOW = 0x40205300;

/**
 * SA_IOC_ALLOC as the kernel's guidance for ioctls asks: everything unknown is refused, causes can
 * be told apart, memory is cleared, and a descriptor appears only when nothing can fail any more.
 */
export function* hardenedIoctl(call: DeviceCall): SystemCall<bigint | ErrnoName> {
  const { allocator, argument, caller, defects } = call;
  const size = sizeOf(call.request, defects);
  if (size === undefined) return unknownCommand(defects);
  const bytes = readArgument(argument, size, defects);
  if (bytes === undefined) {
    if (defects.has('warn-on-fault')) call.onWarning('drivers/sa/sa.c:88 sa_ioctl');
    return defects.has('efault-einval') ? 'EINVAL' : 'EFAULT';
  }
  const request = new AllocateRequest(bytes.length < REQUEST_BYTES ? extended(bytes) : bytes);
  if (defects.has('length-cut-to-32')) request.length = BigInt.asUintN(32, request.length);
  yield 'sa.copied-in';
  const refusal = check(request, allocator, defects);
  if (refusal !== undefined) {
    if (defects.has('refused-request-overwritten')) argument.copyOut(new Uint8Array(size));
    return refusal;
  }
  const buffer = yield* allocator.allocate(request.length, request.flags);
  if (failed(buffer)) {
    return buffer === 'ENOMEM' ? exhausted(defects) : buffer;
  }
  call.onBuffer(buffer);
  const cloexec = allocator.closesOnExec(request.flags);
  const from = defects.has('descriptor-not-lowest') ? 64 : 0;
  const number = caller.table.reserve(caller.descriptorLimit, cloexec, from);
  if (failed(number)) {
    if (!defects.has('leak-on-emfile')) buffer.put('dma_buf_put');
    return defects.has('emfile-enomem') ? 'ENOMEM' : number;
  }
  if (defects.has('number-chosen-early')) {
    caller.table.unreserve(number);
    yield 'sa.number-chosen';
    caller.table.claim(number, cloexec);
  }
  request.descriptor = number;
  request.length = lengthWritten(call, buffer, request);
  if (EARLY.some((name) => defects.has(name))) {
    caller.table.install(number, buffer);
    yield 'sa.fd-installed';
    if (defects.has('install-before-answer')) buffer.alive('sa_ioctl');
  }
  allocator.statics.answer = answer(request, size, defects);
  const own = allocator.statics.answer;
  yield 'sa.before-copy-out';
  const told = defects.has('static-answer') ? allocator.statics.answer : own;
  const value = finish(call, buffer, number, told);
  if (value === 'EFAULT') allocator.failedToAnswer();
  if (defects.has('zeroes-after-install')) yield* allocator.clearLate(buffer.pages);
  return value;
}

function exhausted(defects: DefectSet): ErrnoName {
  if (defects.has('exhaustion-enospc')) return 'ENOSPC';
  return defects.has('exhaustion-einval') ? 'EINVAL' : 'ENOMEM';
}

/** The bytes that are copied in; defects read too much or too little. */
function readArgument(
  argument: UserArgument,
  size: number,
  defects: DefectSet,
): Uint8Array | undefined {
  if (defects.has('argument-under-read')) return argument.copyIn(Math.min(size, RESERVED2_OFFSET));
  const bytes = argument.copyIn(defects.has('argument-over-read') ? size + 8 : size);
  return bytes?.subarray(0, size);
}

/** The bytes that are copied out. */
function answer(request: AllocateRequest, size: number, defects: DefectSet): Uint8Array {
  const { bytes } = request;
  if (defects.has('reserved-garbage')) bytes[RESERVED1_OFFSET] = 0x5a;
  if (defects.has('reserved-counts')) bytes[RESERVED2_OFFSET] = request.descriptor & 0xff;
  if (defects.has('argument-under-read')) return bytes.subarray(0, RESERVED2_OFFSET);
  if (!defects.has('argument-over-written')) return bytes.subarray(0, size);
  const longer = new Uint8Array(size + 4);
  longer.set(bytes.subarray(0, size));
  return longer;
}

/** Shorter arguments mean zero for what they leave out. */
function extended(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(REQUEST_BYTES);
  whole.set(bytes);
  return whole;
}

function finish(
  { argument, caller, defects }: DeviceCall,
  buffer: DmaBuf,
  number: number,
  bytes: Uint8Array,
): bigint | ErrnoName {
  const written = argument.copyOut(bytes) || defects.has('copy-out-ignored');
  if (written || defects.has('fd-leak-on-efault') || defects.has('put-after-install')) {
    caller.table.install(number, buffer);
  } else {
    caller.table.unreserve(number);
  }
  if (written) return defects.has('positive-result') ? BigInt(number) : 0n;
  const leaks = defects.has('fd-leak-on-efault') || defects.has('leak-on-efault');
  if (!leaks) buffer.put('dma_buf_put');
  return 'EFAULT';
}

/** Bytes of the argument when the command is ours. */
function sizeOf(request: number, defects: DefectSet): number | undefined {
  const looked = defects.has('nr-top-bit-ignored') ? (request & ~0x80) >>> 0 : request;
  if (looked === (defects.has('command-iow') ? COMMAND_IOW : SA_IOC_ALLOC)) return REQUEST_BYTES;
  if (!defects.has('ioctl-type-unchecked') || (request & 0xff) !== 0) return undefined;
  return Math.min((request >>> 16) & 0x3fff, REQUEST_BYTES);
}

function unknownCommand(defects: DefectSet): ErrnoName {
  if (defects.has('unknown-ioctl-einval')) return 'EINVAL';
  return defects.has('unknown-ioctl-enodev') ? 'ENODEV' : 'ENOTTY';
}

/** The length that the program is told: that of the buffer. */
function lengthWritten(
  { argument, defects }: DeviceCall,
  buffer: DmaBuf,
  request: AllocateRequest,
): bigint {
  if (defects.has('length-not-written')) return request.length;
  if (!defects.has('double-fetch')) return buffer.pages.size;
  const bytes = argument.copyIn(8, LENGTH_OFFSET) ?? new Uint8Array(8);
  const again = new DataView(bytes.buffer).getBigUint64(0, true);
  const pageBytes = BigInt(buffer.pages.region.store.pageBytes);
  return BigInt.asUintN(64, ((again + pageBytes - 1n) / pageBytes) * pageBytes);
}
