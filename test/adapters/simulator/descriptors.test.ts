import t from 'tap';
import { linux } from '../../../adapters/contract/index.ts';
import { descriptorIn, descriptorOf, Machine, PAGE } from './machine.ts';

const { F_DUPFD, F_GETFD, F_GETFL, F_SETFD, F_SETFL, O_CLOEXEC, O_NONBLOCK, O_RDWR } = linux;

t.test('a new client has three descriptors and the lowest free number is given', async (t) => {
  const machine = await Machine.start();
  t.same(await machine.descriptors(), [0, 1, 2, 3]);
  const first = await machine.allocate();
  t.equal(descriptorOf(first.out), 4);
  await machine.main.close({ fd: 1n });
  t.equal(descriptorOf((await machine.allocate()).out), 1);
  t.equal(descriptorOf((await machine.allocate()).out), 5);
});

t.test('dup, dup2, dup3 and fcntl share one description', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const fd = descriptorIn((await machine.allocate({ flags: O_RDWR | O_CLOEXEC })).slot);
  const copy = await main.dup({ fd });
  t.equal((await main.fcntl({ fd, command: F_GETFD })).value, 1n);
  t.equal((await main.fcntl({ fd: copy, command: F_GETFD })).value, 0n, 'dup drops FD_CLOEXEC');
  t.equal((await main.dup2({ fd, to: 9n })).value, 9n);
  t.equal((await main.dup2({ fd, to: fd })).value, 4n);
  t.equal((await main.dup3({ fd, to: 9n, flags: O_CLOEXEC })).value, 9n);
  t.equal((await main.dup3({ fd, to: fd, flags: 0n })).word, 'EINVAL');
  t.equal((await main.dup3({ fd, to: 8n, flags: 1n })).word, 'EINVAL');
  t.equal((await main.dup2({ fd, to: -1n })).word, 'EBADF');
  t.equal((await main.fcntl({ fd, command: F_DUPFD, value: 20n })).value, 20n);
  t.equal((await main.fcntl({ fd: 20n, command: F_SETFD, value: 1n })).word, 'ok');
  t.equal((await main.fcntl({ fd: 20n, command: F_GETFD })).value, 1n);
  t.equal((await main.fcntl({ fd, command: F_SETFL, value: O_NONBLOCK })).word, 'ok');
  t.equal((await main.fcntl({ fd: 20n, command: F_GETFL })).value, O_RDWR | O_NONBLOCK);
  t.equal((await main.fcntl({ fd, command: 9999n })).word, 'EINVAL');
  t.equal((await main.close({ fd: 99n })).word, 'EBADF');
});

t.test('RLIMIT_NOFILE bounds the table', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  t.ok((await main.setrlimit({ resource: linux.RLIMIT_NOFILE, soft: 5n })).ok);
  t.ok((await machine.allocate()).ok);
  const before = await machine.free();
  t.equal((await machine.allocate()).word, 'EMFILE');
  t.equal((await main.dup({ fd: 0n })).word, 'EMFILE');
  t.equal(await machine.free(), before, 'the refused buffer is released');
  t.equal((await main.dup2({ fd: 0n, to: 5n })).word, 'EBADF');
  const above = { resource: linux.RLIMIT_NOFILE, soft: 1n << 40n };
  t.equal((await main.setrlimit(above)).word, 'EINVAL');
});

t.test('a buffer’s descriptor answers as a dma-buf', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const fd = descriptorIn((await machine.allocate({ length: 3n * PAGE - 1n })).slot);
  const seek = async (offset: bigint, whence: bigint) => main.lseek({ fd, offset, whence });
  t.equal((await seek(0n, linux.SEEK_END)).value, 3n * PAGE);
  t.equal((await seek(0n, linux.SEEK_SET)).value, 0n);
  t.equal((await seek(1n, linux.SEEK_SET)).word, 'EINVAL');
  t.equal((await seek(0n, linux.SEEK_CUR)).word, 'EINVAL');
  t.equal((await main.pread({ fd, length: 1n })).word, 'ESPIPE');
  t.equal((await main.pwrite({ fd, bytes: Uint8Array.of(1) })).word, 'ESPIPE');
  t.equal((await main.poll({ fd, events: 5n })).value, 5n);
  t.equal((await main.poll({ fd: 77n, events: 5n })).value, 32n);
  t.equal((await main.reopen({ fd, flags: O_RDWR })).word, 'ENXIO');
  const path = await main.reopen({ fd, flags: linux.O_PATH });
  t.equal((await main.lseek({ fd: path, offset: 0n, whence: linux.SEEK_END })).word, 'EBADF');
  t.equal((await main.reopen({ fd: path, flags: O_RDWR })).word, 'ENXIO');
  t.equal((await seek(0n, 9n)).word, 'EINVAL');
  const link = await main.readlink({ fd });
  t.equal(new TextDecoder().decode(link.out), '/dmabuf:');
  const info = await main.readfile({ document: '/proc/self/fdinfo', fd });
  t.match(new TextDecoder().decode(info.out), /size:\t12288\ncount:\t1\nexp_name:\tcma\n$/);
  const status = new BigUint64Array((await main.fstat({ fd })).out.slice().buffer);
  t.equal(status[1], 3n * PAGE);
  t.equal((await machine.allocate({}, { device: fd })).word, 'ENOTTY');
});

t.test('SYNC and SET_NAME check what they are given', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const fd = descriptorIn((await machine.allocate()).slot);
  const sync = async (flags: bigint) => {
    const bytes = new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, flags)).buffer);
    return main.ioctl({ fd, request: linux.DMA_BUF_IOCTL_SYNC, argument: { bytes } });
  };
  for (const flags of [1n, 2n, 3n, 5n, 6n, 7n]) t.equal((await sync(flags)).word, 'ok');
  for (const flags of [0n, 4n, 8n, 9n, -1n]) t.equal((await sync(flags)).word, 'EINVAL');
  const name = async (text: string) =>
    main.ioctl({ fd, request: 0x40086201n, argument: { bytes: new TextEncoder().encode(text) } });
  t.equal((await name(`${'n'.repeat(31)}\0`)).word, 'ok');
  t.equal((await name('n'.repeat(32))).word, 'EINVAL');
  t.match(new TextDecoder().decode((await main.readlink({ fd })).out), /^\/dmabuf:n{31}$/);
});

t.test('the device is a character device that allocates and nothing else', async (t) => {
  const machine = await Machine.start();
  const { main, device } = machine;
  const status = new BigUint64Array((await main.fstat({ fd: device })).out.slice().buffer);
  t.equal(status[0], 0o20600n);
  t.equal(status[4], 222n << 8n);
  t.equal((await main.pread({ fd: device, length: 1n })).word, 'EINVAL');
  t.equal((await main.lseek({ fd: device, offset: 0n, whence: 0n })).word, 'ESPIPE');
  t.equal((await main.lseek({ fd: device, offset: 0n, whence: 9n })).word, 'EINVAL');
  const wanted = { length: PAGE, protection: 1n, flags: 1n, fd: device };
  t.equal((await main.mmap(wanted)).word, 'ENODEV');
  const path = await main.open({ file: 'region:0', flags: linux.O_PATH });
  t.equal((await machine.allocate({}, { device: path })).word, 'EBADF');
  t.equal((await main.open({ file: 'region:2', flags: O_RDWR })).word, 'ENOENT');
  await main.setuid({ uid: 1000n });
  t.equal((await main.open({ file: 'region:0', flags: O_RDWR })).word, 'EACCES');
  t.equal((await main.reopen({ fd: device, flags: O_RDWR })).word, 'EACCES');
  t.ok((await machine.allocate()).ok, 'a descriptor from before still allocates');
});
