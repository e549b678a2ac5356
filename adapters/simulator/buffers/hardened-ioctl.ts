import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import { failed } from '../kernel/errno.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import type { Caller } from '../kernel/open-file.ts';
import type { CmaAllocator } from './allocator.ts';
import type { DeviceCall, DeviceIoctl, IoctlParts } from './device-ioctl.ts';
import type { DmaBuf } from './dma-buf.ts';
import { AllocateRequest, REQUEST_BYTES, SA_IOC_ALLOC } from './request.ts';
import type { RequestRules } from './request-rules.ts';

/** A buffer that was allocated for a request, and the descriptor that is reserved for it. */
export interface Delivery {
  readonly buffer: DmaBuf;
  readonly descriptor: number;
  readonly closesOnExec: boolean;
}

/**
 * SA_IOC_ALLOC as the kernel's guidance for ioctls asks: everything unknown is refused, causes can
 * be told apart, memory is cleared, and a descriptor appears only when nothing can fail any more.
 */
export class HardenedIoctl implements DeviceIoctl {
  protected readonly allocator: CmaAllocator;
  protected readonly rules: RequestRules;
  protected readonly log: KernelLog;

  constructor({ allocator, rules, log }: IoctlParts) {
    this.allocator = allocator;
    this.rules = rules;
    this.log = log;
  }

  *answer(call: DeviceCall): SystemCall<bigint | ErrnoName> {
    const size = this.argumentBytes(call.request);
    if (size === undefined) return this.refuseCommand();
    const bytes = this.readArgument(call.argument, size);
    if (bytes === undefined) return this.refuseArgument();
    const request = this.requestIn(bytes);
    yield 'sa.copied-in';
    const refusal = this.refusal(request, call.argument);
    if (refusal !== undefined) return refusal;
    if (this.runsOut(call)) return this.outOfMemory(call, {});
    const buffer = yield* this.allocator.allocate(request.length, request.flags);
    if (failed(buffer)) return buffer;
    call.onBuffer(buffer);
    if (this.runsOut(call)) return this.outOfMemory(call, { buffer });
    const closesOnExec = this.allocator.closesOnExec(request.flags);
    const descriptor = this.reserve(call.caller, closesOnExec);
    if (failed(descriptor)) return this.withoutDescriptor(buffer, descriptor);
    if (this.runsOut(call)) return this.outOfMemory(call, { buffer, descriptor });
    return yield* this.deliver(call, request, { buffer, descriptor, closesOnExec });
  }

  /** Bytes of the argument when the command is SA_IOC_ALLOC; undefined when it is another. */
  protected argumentBytes(request: number): number | undefined {
    return request === SA_IOC_ALLOC ? REQUEST_BYTES : undefined;
  }

  protected refuseCommand(): ErrnoName {
    return 'ENOTTY';
  }

  /** copy_from_user; undefined when the argument cannot be read. */
  protected readArgument(argument: UserArgument, size: number): Uint8Array | undefined {
    return argument.copyIn(size);
  }

  protected refuseArgument(): ErrnoName {
    return 'EFAULT';
  }

  protected requestIn(bytes: Uint8Array): AllocateRequest {
    return new AllocateRequest(bytes);
  }

  /** The errno of a request that is refused; its argument stays as it was. */
  protected refusal(request: AllocateRequest, _argument: UserArgument): ErrnoName | undefined {
    return this.rules.refusal(request);
  }

  /** Reserves the lowest free descriptor. */
  protected reserve(caller: Caller, closesOnExec: boolean): number | ErrnoName {
    return caller.table.reserve(caller.descriptorLimit, closesOnExec);
  }

  /** An allocation of the kernel's own: for its books, the dma-buf, its file. */
  protected runsOut({ caller }: DeviceCall): boolean {
    return caller.faults?.fails() === true;
  }

  /** Undoes what was done before an allocation of the kernel's own failed. */
  protected outOfMemory({ caller }: DeviceCall, done: Partial<Delivery>): bigint | ErrnoName {
    if (done.descriptor !== undefined) caller.table.unreserve(done.descriptor);
    done.buffer?.put('dma_buf_put');
    return 'ENOMEM';
  }

  /** Takes a buffer back for which there is no descriptor. */
  protected withoutDescriptor(buffer: DmaBuf, reason: ErrnoName): ErrnoName {
    buffer.put('dma_buf_put');
    return reason;
  }

  /** Writes the answer, and only then makes the descriptor visible. */
  protected *deliver(
    call: DeviceCall,
    request: AllocateRequest,
    delivery: Delivery,
  ): SystemCall<bigint | ErrnoName> {
    request.descriptor = delivery.descriptor;
    request.length = this.lengthTold(call, request, delivery.buffer);
    const bytes = this.answerBytes(request);
    yield 'sa.before-copy-out';
    return this.finish(call, delivery, bytes);
  }

  /** The length that the program is told: that of the buffer. */
  protected lengthTold(_call: DeviceCall, _request: AllocateRequest, buffer: DmaBuf): bigint {
    return buffer.pages.size;
  }

  /** The bytes that are copied out. */
  protected answerBytes({ bytes }: AllocateRequest): Uint8Array {
    return bytes;
  }

  protected finish(call: DeviceCall, delivery: Delivery, bytes: Uint8Array): bigint | ErrnoName {
    if (!call.argument.copyOut(bytes)) return this.takeBack(call, delivery);
    call.caller.table.install(delivery.descriptor, delivery.buffer);
    return 0n;
  }

  /** Undoes an allocation whose answer cannot be written. */
  protected takeBack({ caller }: DeviceCall, delivery: Delivery): bigint | ErrnoName {
    caller.table.unreserve(delivery.descriptor);
    delivery.buffer.put('dma_buf_put');
    return 'EFAULT';
  }
}
