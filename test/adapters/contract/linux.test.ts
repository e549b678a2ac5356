import t from 'tap';
import * as linux from '../../../adapters/contract/linux.ts';
import { linuxNumbers } from '../../../adapters/contract/linux-numbers.ts';

const constants = new Map<string, unknown>(Object.entries(linux));

t.test('the plain numbers are the same constants', async (t) => {
  for (const [name, value] of Object.entries(linuxNumbers)) {
    t.equal(BigInt(value), constants.get(name), name);
  }
  t.equal(linuxNumbers.O_CLOEXEC, 0o2000000);
  t.notOk('ioctlNumber' in linuxNumbers, 'functions are none of them');
});

t.test('ioctl numbers are those of the headers', async (t) => {
  t.equal(linux.DMA_BUF_IOCTL_SYNC, 0x40086200n);
  t.equal(linux.DMA_BUF_SET_NAME, 0x40086201n);
  t.equal(linux.ioctlNumber(linux.IOC_READ | linux.IOC_WRITE, 'S', 0n, 32n), 0xc0205300n);
  t.equal(linux.ioctlDirection(0xc0205300n), linux.IOC_READ | linux.IOC_WRITE);
  t.equal(linux.ioctlSize(0xc0205300n), 32n);
  t.equal(linux.majorOf(0xa07n), 10n);
});
