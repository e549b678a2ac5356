import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import { failed } from '../kernel/errno.ts';
import type { DeviceCall, DeviceIoctl, IoctlParts } from './device-ioctl.ts';
import { AllocateRequest, REQUEST_BYTES, SA_IOC_ALLOC } from './request.ts';

/**
 * SA_IOC_ALLOC step by step as RFC v2 1/2, sa_ioctl, does it, faults included: it answers ENODEV
 * to unknown commands, knows one error for everything that goes wrong, and makes the descriptor
 * visible before it looks at the buffer again and before copy_to_user can fail.
 */
export class RfcIoctl implements DeviceIoctl {
  readonly #parts: IoctlParts;

  constructor(parts: IoctlParts) {
    this.#parts = parts;
  }

  *answer({
    argument,
    caller,
    onBuffer,
    request: command,
  }: DeviceCall): SystemCall<bigint | ErrnoName> {
    const { allocator, rules } = this.#parts;
    if (command !== SA_IOC_ALLOC) return 'ENODEV';
    const bytes = argument.copyIn(REQUEST_BYTES);
    if (bytes === undefined) return 'EFAULT';
    const request = new AllocateRequest(bytes);
    yield 'sa.copied-in';
    if (!rules.isVersionKnown(request.version)) return 'EINVAL';
    if (caller.faults?.fails() === true) return 'EINVAL';
    const buffer = yield* allocator.allocate(request.length, request.flags);
    if (failed(buffer)) return 'EINVAL';
    onBuffer(buffer);
    const closesOnExec = allocator.closesOnExec(request.flags);
    const descriptor = caller.table.reserve(caller.descriptorLimit, closesOnExec);
    if (failed(descriptor)) {
      buffer.put('dma_buf_put');
      return 'EINVAL';
    }
    caller.table.install(descriptor, buffer);
    yield 'sa.fd-installed';
    request.descriptor = descriptor;
    // Another thread may have closed the descriptor by now: then this reads freed memory.
    buffer.alive('sa_ioctl');
    request.length = buffer.pages.size;
    yield 'sa.before-copy-out';
    if (argument.copyOut(request.bytes)) return 0n;
    // The table still refers to the file whose last reference this drops.
    buffer.put('dma_buf_put');
    return 'EFAULT';
  }
}
