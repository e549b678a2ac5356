import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import { failed } from '../kernel/errno.ts';
import { AllocateRequest, REQUEST_BYTES, SA_IOC_ALLOC } from './request.ts';
import { versionIsKnown } from './request-check.ts';
import type { DeviceCall } from './simple-allocator.ts';

/**
 * SA_IOC_ALLOC step by step as RFC v2 1/2, sa_ioctl, does it, faults included: it answers ENODEV
 * to unknown commands, knows one error for everything that goes wrong, and makes the descriptor
 * visible before it looks at the buffer again and before copy_to_user can fail.
 */
export function* rfcIoctl(call: DeviceCall): SystemCall<bigint | ErrnoName> {
  const { allocator, argument, caller } = call;
  if (call.request !== SA_IOC_ALLOC) return 'ENODEV';
  const bytes = argument.copyIn(REQUEST_BYTES);
  if (bytes === undefined) return 'EFAULT';
  const request = new AllocateRequest(bytes);
  yield 'sa.copied-in';
  if (!versionIsKnown(request.version, call.defects)) return 'EINVAL';
  const buffer = yield* allocator.allocate(request.length, request.flags);
  if (failed(buffer)) return 'EINVAL';
  call.onBuffer(buffer);
  const cloexec = allocator.closesOnExec(request.flags);
  const number = caller.table.reserve(caller.descriptorLimit, cloexec);
  if (failed(number)) {
    buffer.put('dma_buf_put');
    return 'EINVAL';
  }
  caller.table.install(number, buffer);
  yield 'sa.fd-installed';
  request.descriptor = number;
  // Another thread may have closed the descriptor by now: then this reads freed memory.
  buffer.alive('sa_ioctl');
  request.length = buffer.pages.size;
  yield 'sa.before-copy-out';
  if (argument.copyOut(request.bytes)) return 0n;
  // The table still refers to the file whose last reference this drops.
  buffer.put('dma_buf_put');
  return 'EFAULT';
}
