import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { DeviceCall } from '../buffers/device-ioctl.ts';
import type { HardenedIoctl } from '../buffers/hardened-ioctl.ts';
import { DescriptorTable } from '../kernel/descriptor-table.ts';
import { defects } from './defect.ts';

const { O_NONBLOCK } = linuxNumbers;

/** Does something to the caller's descriptors when a request fails with one of these. */
const whenRefused =
  (errnos: readonly ErrnoName[], spoil: (table: DescriptorTable) => void) =>
  (Right: typeof HardenedIoctl): typeof HardenedIoctl =>
    class extends Right {
      override *answer(call: DeviceCall): SystemCall<bigint | ErrnoName> {
        const value = yield* super.answer(call);
        const { table } = call.caller;
        if (typeof value !== 'bigint' && errnos.includes(value) && table instanceof DescriptorTable)
          spoil(table);
        return value;
      }
    };

const closing =
  (descriptor: number) =>
  (table: DescriptorTable): void =>
    table.detach(descriptor)?.put('filp_close');

/** Bugs of error paths that undo more than was done: in descriptors that the caller had before. */
export const ERROR_PATH_DEFECTS = defects({
  'error-closes-stdin': {
    breaks: 'ERR-14',
    summary: 'A full region closes descriptor 0: a variable that was not set yet.',
    HardenedIoctl: whenRefused(['ENOMEM'], closing(0)),
  },
  'unknown-command-closes-stdout': {
    breaks: 'ERR-14',
    summary: 'An unknown command takes back descriptor 1, which it never made.',
    HardenedIoctl: whenRefused(['ENOTTY'], closing(1)),
  },
  'table-full-closes-last': {
    breaks: 'ERR-14',
    summary: 'A request that finds the table full closes the last descriptor in it.',
    HardenedIoctl: whenRefused(['EMFILE'], (table) => closing(table.numbers.at(-1) ?? 0)(table)),
  },
  'fault-closes-device': {
    breaks: 'ERR-14',
    summary: 'A request whose argument faults closes the first descriptor after 2.',
    HardenedIoctl: whenRefused(['EFAULT'], closing(3)),
  },
  'error-clears-close-on-exec': {
    breaks: 'ERR-14',
    summary: 'A refused request clears close-on-exec of all descriptors.',
    HardenedIoctl: whenRefused(['EINVAL'], (table) => {
      for (const descriptor of table.numbers) table.setCloseOnExec(descriptor, false);
    }),
  },
  'error-sets-nonblocking': {
    breaks: 'ERR-14',
    summary: 'A request that finds no room makes the files of its caller non-blocking.',
    HardenedIoctl: whenRefused(['ENOMEM'], (table) => {
      for (const file of table.files) file.flags |= O_NONBLOCK;
    }),
  },
  'error-points-elsewhere': {
    breaks: 'ERR-14',
    summary: 'A refused request puts the device where descriptor 2 was.',
    HardenedIoctl: whenRefused(['EINVAL'], (table) => {
      const device = table.at(3);
      if (device !== undefined) table.replace(2, device.hold('do_dup2'), false);
    }),
  },
});
