import type { ErrnoName } from '../contract/errno.ts';
import type { CmaAllocator } from './allocator.ts';
import type { DefectSet } from './defects.ts';
import type { DmaBuf } from './dma-buf.ts';
import { failed } from './errno.ts';
import type { Caller } from './open-file.ts';
import type { SystemCall } from './pause.ts';
import { AllocateRequest, LENGTH_OFFSET, REQUEST_BYTES, SA_IOC_ALLOC } from './request.ts';
import type { UserArgument } from './user-argument.ts';

/** One ioctl on the device. */
export interface DeviceCall {
  readonly request: number;
  readonly argument: UserArgument;
  readonly caller: Caller;
  readonly allocator: CmaAllocator;
  readonly defects: DefectSet;
  /** Told of each buffer that was made. */
  onBuffer(buffer: DmaBuf): void;
}

const FLAGS_KNOWN = 0o2000003;
const ACCESS_MODES = 3;

/**
 * SA_IOC_ALLOC as the kernel's guidance for ioctls asks: everything unknown is refused, causes can
 * be told apart, memory is cleared, and a descriptor appears only when nothing can fail any more.
 */
export function* hardenedIoctl(call: DeviceCall): SystemCall<bigint | ErrnoName> {
  const { allocator, argument, caller, defects } = call;
  const size = sizeOf(call.request, defects);
  if (size === undefined) return unknownCommand(defects);
  const bytes = argument.copyIn(size);
  if (bytes === undefined) return 'EFAULT';
  const request = new AllocateRequest(size === REQUEST_BYTES ? bytes : extended(bytes));
  yield 'sa.copied-in';
  const refusal = check(request, defects);
  if (refusal !== undefined) return refusal;
  const buffer = yield* allocator.allocate(request.length, request.flags);
  if (failed(buffer)) {
    return buffer === 'ENOMEM' && defects.has('exhaustion-einval') ? 'EINVAL' : buffer;
  }
  call.onBuffer(buffer);
  const cloexec = allocator.closesOnExec(request.flags);
  const number = caller.table.reserve(caller.descriptorLimit, cloexec);
  if (failed(number)) {
    if (!defects.has('leak-on-emfile')) buffer.put('dma_buf_put');
    return number;
  }
  request.descriptor = number;
  request.length = lengthWritten(call, buffer, request);
  yield 'sa.before-copy-out';
  return finish(
    call,
    buffer,
    number,
    size === REQUEST_BYTES ? request.bytes : request.bytes.subarray(0, size),
  );
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
  const written = argument.copyOut(bytes);
  if (written || defects.has('fd-leak-on-efault') || defects.has('put-after-install')) {
    caller.table.install(number, buffer);
  } else {
    caller.table.unreserve(number);
  }
  if (written) return 0n;
  if (!defects.has('fd-leak-on-efault')) buffer.put('dma_buf_put');
  return 'EFAULT';
}

/** Bytes of the argument when the command is ours. */
function sizeOf(request: number, defects: DefectSet): number | undefined {
  if (request === SA_IOC_ALLOC) return REQUEST_BYTES;
  if (!defects.has('ioctl-type-unchecked') || (request & 0xff) !== 0) return undefined;
  return Math.min((request >>> 16) & 0x3fff, REQUEST_BYTES);
}

function unknownCommand(defects: DefectSet): ErrnoName {
  if (defects.has('unknown-ioctl-einval')) return 'EINVAL';
  return defects.has('unknown-ioctl-enodev') ? 'ENODEV' : 'ENOTTY';
}

function check(request: AllocateRequest, defects: DefectSet): ErrnoName | undefined {
  if (!versionIsKnown(request.version, defects)) return 'EINVAL';
  const reserved = request.reserved1 !== 0 || request.reserved2 !== 0;
  if (reserved && !defects.has('reserved-unchecked')) return 'EINVAL';
  if (defects.has('flags-unchecked')) return undefined;
  const unknown = (request.flags & ~FLAGS_KNOWN) !== 0;
  return unknown || (request.flags & ACCESS_MODES) === ACCESS_MODES ? 'EINVAL' : undefined;
}

/** Both behaviours compare all 64 bits with 0, as the RFC's code does. */
export function versionIsKnown(version: bigint, defects: DefectSet): boolean {
  if (defects.has('version-unchecked')) return true;
  return (defects.has('version-truncated-32') ? BigInt.asUintN(32, version) : version) === 0n;
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
