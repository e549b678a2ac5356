import type { ErrnoName } from '../../contract/errno.ts';
import type { DeviceCall } from '../buffers/device-ioctl.ts';
import { DmaBuf } from '../buffers/dma-buf.ts';
import type { Delivery, HardenedIoctl } from '../buffers/hardened-ioctl.ts';
import { hasSteps } from './around.ts';
import { defects } from './defect.ts';

/** Undoes a request in which an allocation of the kernel failed; `right` does it as it should be. */
type Undo = (
  call: DeviceCall,
  done: Partial<Delivery>,
  right: () => bigint | ErrnoName,
) => bigint | ErrnoName;

const undoingBy =
  (undo: Undo) =>
  (Right: typeof HardenedIoctl): typeof HardenedIoctl =>
    class extends Right {
      protected override outOfMemory(call: DeviceCall, done: Partial<Delivery>) {
        return undo(call, done, () => super.outOfMemory(call, done));
      }
    };

/**
 * Bugs of paths that are taken only when an allocation of the kernel's own fails: the suites never
 * come there, and a sweep of faults does. What they break are rules of failures in general.
 */
export const FAULT_DEFECTS = defects({
  'fault-leaks-buffer': {
    breaks: 'ERR-05',
    summary: 'When there is no memory for its file, a buffer is never freed.',
    HardenedIoctl: undoingBy((_call, { buffer, descriptor }, right) =>
      buffer !== undefined && descriptor === undefined ? 'ENOMEM' : right(),
    ),
  },
  'fault-keeps-last-page': {
    breaks: 'ERR-05',
    summary: 'A buffer that came too late gives all pages back but the last.',
    HardenedIoctl: undoingBy((_call, { buffer }, right) => {
      const value = right();
      if (buffer === undefined) return value;
      const { count, first, region } = buffer.pages;
      region.mark(first + count - 1, 1, true);
      return value;
    }),
  },
  'fault-leaves-descriptor': {
    breaks: 'ERR-14',
    summary: 'A request that fails at its last allocation leaves its descriptor open.',
    HardenedIoctl: undoingBy(({ caller }, { buffer, descriptor }, right) => {
      if (buffer === undefined || descriptor === undefined) return right();
      caller.table.install(descriptor, buffer);
      return 'ENOMEM';
    }),
  },
  'fault-tells-einval': {
    breaks: 'ERR-02',
    summary: 'A lack of memory is reported as a wrong argument.',
    HardenedIoctl: undoingBy((_call, _done, right) => {
      right();
      return 'EINVAL';
    }),
  },
  'fault-tells-success': {
    breaks: 'ERR-02',
    summary: 'A lack of memory is reported as success, without a descriptor.',
    HardenedIoctl: undoingBy((_call, _done, right) => {
      right();
      return 0n;
    }),
  },
  'fault-clears-region': {
    breaks: 'ISO-03',
    summary: 'A buffer that came too late is cleared from the start of the region on.',
    HardenedIoctl: undoingBy((_call, { buffer }, right) => {
      const region = buffer?.pages.region;
      for (let page = 0; page < (region?.pageCount ?? 0); page += 1) region?.store.fill(page, 0);
      return right();
    }),
  },
  'fault-keeps-reference': {
    breaks: 'LIF-16',
    summary: 'mmap keeps the reference that it took where there is no memory for the mapping.',
    HANDLERS: (right) => ({
      ...right,
      *mmap(call) {
        const reply = right.mmap(call);
        const value = hasSteps(reply) ? yield* reply : reply;
        const file = call.anyFile();
        if (value === 'ENOMEM' && file instanceof DmaBuf) file.hold('dma_buf_mmap');
        return value;
      },
    }),
  },
  'fault-warns': {
    breaks: 'ERR-12',
    summary: 'A lack of memory hits an assertion of the driver.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override outOfMemory(call: DeviceCall, done: Partial<Delivery>) {
          this.log.warning('sa_ioctl');
          return super.outOfMemory(call, done);
        }
      },
  },
});
