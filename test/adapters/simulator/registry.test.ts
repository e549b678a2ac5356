/** Registering and unregistering through the test-control node, as docs/test-control.md says. */
import t from 'tap';
import {
  type Client,
  type FileName,
  linux,
  type Operation,
  type Placement,
  type Reply,
} from '../../../adapters/contract/index.ts';
import { descriptorIn, Machine, PAGE } from './machine.ts';

const REGISTER = 0xc0284100n;
const UNREGISTER = 0x40084101n;
const COMPLETE = 3;
const NODE_FAILS = 4;
const RFC = 'sim:?behaviour=rfc-v2';
const CONTROL = '/dev/allocert_control';
const { O_PATH, O_RDWR } = linux;

function registration(name: string, flags: number): Uint8Array {
  const bytes = new Uint8Array(40);
  bytes.set(new TextEncoder().encode(name));
  new DataView(bytes.buffer).setUint32(32, flags, true);
  return bytes;
}

function unregistration(minor: number, reserved = 0): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setInt32(0, minor, true);
  new DataView(bytes.buffer).setUint32(4, reserved, true);
  return bytes;
}

const minorOf = (out: Uint8Array): number =>
  new DataView(out.buffer, out.byteOffset).getInt32(36, true);

/** A machine whose `main` has the control node open. */
class Driver {
  readonly machine: Machine;
  readonly main: Client;
  readonly control: Reply;

  private constructor(machine: Machine, control: Reply) {
    this.machine = machine;
    this.main = machine.main;
    this.control = control;
  }

  static async start(url = 'sim:'): Promise<Driver> {
    const machine = await Machine.start(url);
    return new Driver(machine, await machine.main.open({ file: CONTROL, flags: O_RDWR }));
  }

  async register(name = 'x', flags = COMPLETE, placement?: Placement): Promise<Reply> {
    const argument = { bytes: registration(name, flags), ...(placement && { placement }) };
    return this.main.ioctl({ fd: this.control, request: REGISTER, argument });
  }

  async unregister(minor: number, reserved = 0): Promise<string> {
    const argument = { bytes: unregistration(minor, reserved) };
    return (await this.main.ioctl({ fd: this.control, request: UNREGISTER, argument })).word;
  }

  async open(file: FileName, flags = O_RDWR): Promise<Reply> {
    return this.main.open({ file, flags });
  }

  async listing(): Promise<string> {
    const { out } = await this.main.readfile({ document: '/sys/class/simple_allocator' });
    return new TextDecoder().decode(out);
  }

  registerStep(slot: string, name: string): Operation {
    const argument = { bytes: registration(name, COMPLETE) };
    return { op: 'ioctl', slot, fd: { slot: this.control.slot }, request: REGISTER, argument };
  }
}

const BOOT = 'cma0 222:0\ncma1 222:1\n';

for (const url of ['sim:', RFC]) {
  t.test(`${url} registers a device that works, and unregisters it`, async (t) => {
    const driver = await Driver.start(url);
    t.equal((await driver.open('minor:2')).word, 'ENXIO', 'a number without a driver');
    const reply = await driver.register('heap');
    t.equal(reply.word, 'ok');
    t.equal(minorOf(reply.out), 2);
    t.equal(await driver.listing(), `${BOOT}heap2 222:2\n`);
    const device = await driver.open('minor:2');
    const buffer = await driver.machine.allocate({}, { device });
    t.equal(buffer.word, 'ok');
    const link = await driver.main.readlink({ fd: device });
    t.equal(new TextDecoder().decode(link.out), '/dev/heap2');
    await driver.main.close({ fd: device });
    t.equal(await driver.unregister(2), 'ok');
    t.equal(await driver.listing(), BOOT);
    t.equal((await driver.open('minor:2')).word, 'ENXIO');
    t.equal(await driver.unregister(2), 'ENODEV');
  });

  t.test(`${url} refuses what is incomplete, and NULL is nothing`, async (t) => {
    const driver = await Driver.start(url);
    t.equal((await driver.register('')).word, 'EINVAL');
    t.equal((await driver.register('x', 2)).word, 'EINVAL');
    t.equal((await driver.register('x', 8 | COMPLETE)).word, 'EINVAL');
    t.equal((await driver.register('x'.repeat(32))).word, 'EINVAL', 'a name without its end');
    t.equal(await driver.unregister(-1), 'ok');
    t.equal(await driver.unregister(0, 1), 'EINVAL');
    t.equal(await driver.unregister(77), 'ENODEV');
    t.equal((await driver.register('x', COMPLETE | NODE_FAILS)).word, 'ENOMEM');
    t.equal((await driver.open('minor:2')).word, 'ENXIO');
    t.equal(await driver.listing(), BOOT);
    t.equal(minorOf((await driver.register()).out), 2, 'a failure costs no minor');
    t.same(driver.machine.log, []);
  });
}

t.test('the region’s own devices are registered ones', async (t) => {
  const driver = await Driver.start();
  t.equal((await driver.open('minor:1')).word, 'ok');
  t.equal(await driver.unregister(1), 'ok');
  t.equal((await driver.open('region:1')).word, 'ENOENT', 'the node is gone with the device');
  t.equal(minorOf((await driver.register('cma')).out), 1);
  t.equal((await driver.open('region:1')).word, 'ok', 'and back with one of that name');
});

t.test('the node is for root, and knows two commands', async (t) => {
  const driver = await Driver.start();
  const { main, control } = driver;
  const argument = { bytes: registration('x', COMPLETE) };
  t.equal((await main.ioctl({ fd: control, request: REGISTER + 2n, argument })).word, 'ENOTTY');
  t.equal((await driver.register('x', COMPLETE, { kind: 'null' })).word, 'EFAULT');
  const placement = { kind: 'page', protection: 'read-only' } as const;
  t.equal((await driver.register('x', COMPLETE, placement)).word, 'EFAULT');
  t.equal(await driver.listing(), BOOT, 'what nobody could unregister is not left');
  t.equal((await main.reopen({ fd: control, flags: O_RDWR })).word, 'ok');
  await main.setuid({ uid: 1000n });
  t.equal((await driver.open(CONTROL)).word, 'EACCES');
  t.equal((await driver.open('minor:0')).word, 'EACCES');
  t.equal((await driver.open(CONTROL, O_PATH)).word, 'ok');
  t.equal((await main.reopen({ fd: control, flags: O_RDWR })).word, 'EACCES');
});

t.test('hardened: minors are used again, and there are 256', async (t) => {
  const driver = await Driver.start();
  for (let minor = 2; minor < 256; minor += 1) {
    t.equal(minorOf((await driver.register()).out), minor);
  }
  t.equal((await driver.register()).word, 'ENOSPC');
  t.equal(await driver.unregister(100), 'ok');
  t.equal(minorOf((await driver.register()).out), 100);
});

t.test('the posted code only counts up, past the end', async (t) => {
  const driver = await Driver.start(RFC);
  t.equal(minorOf((await driver.register('x', 1)).out), 2, 'it asks for no owner');
  for (let minor = 3; minor < 259; minor += 1) {
    t.equal(await driver.unregister(minor - 1), 'ok');
    t.equal(driver.machine.log.length, minor - 2, 'a warning each time');
    t.match(driver.machine.log.at(-1), /^WARNING: .*device_release$/, 'it has no release()');
    t.equal(minorOf((await driver.register()).out), minor);
  }
});

t.test('two names and minors that make one node clash', async (t) => {
  for (const [url, log] of [
    ['sim:', []],
    [RFC, [/^WARNING: .*sysfs_warn_dup$/]],
  ] as const) {
    const driver = await Driver.start(url);
    t.equal(minorOf((await driver.register('x1')).out), 2, 'x12');
    for (let minor = 3; minor < 12; minor += 1) await driver.register('y');
    t.equal((await driver.register('x')).word, 'EEXIST');
    t.match(driver.machine.log, log);
    t.equal(driver.machine.log.length, log.length);
    t.equal(minorOf((await driver.register('z')).out), 12);
  }
});

/** Opens a new device, takes a buffer, and unregisters the device under both. */
async function outlived(url: string) {
  const driver = await Driver.start(url);
  await driver.register();
  const device = await driver.open('minor:2');
  const buffer = await driver.machine.allocate({}, { device });
  const mapping = await driver.machine.map(buffer);
  const bytes = Uint8Array.of(0x5a);
  await driver.main.store({ address: mapping, length: PAGE, bytes });
  t.equal(await driver.unregister(2), 'ok');
  const { log } = driver.machine;
  return { driver, device, buffer, mapping, bytes, unregisterLog: log };
}

t.test('hardened: an open descriptor and a buffer outlive their device', async (t) => {
  const { driver, device, buffer, mapping, bytes } = await outlived('sim:');
  const { machine, main } = driver;
  t.equal((await machine.allocate({}, { device })).word, 'ENODEV');
  t.equal((await main.reopen({ fd: device, flags: O_RDWR })).word, 'ENXIO');
  await machine.allocate();
  t.equal((await main.scan({ address: mapping, length: PAGE, bytes })).value, PAGE);
  const free = await machine.free();
  await main.munmap({ address: mapping, length: PAGE });
  await main.close({ fd: descriptorIn(buffer.slot) });
  t.equal(await machine.free(), free + PAGE);
  t.equal((await main.close({ fd: device })).word, 'ok');
  t.equal(machine.taint, 0n);
});

t.test('the posted code’s device is freed from under an open descriptor', async (t) => {
  const { driver, device, unregisterLog } = await outlived(RFC);
  const { machine, main } = driver;
  t.same(unregisterLog, [], 'the last put_device is still to come');
  t.equal((await machine.allocate({}, { device })).word, 'ok');
  t.match(machine.log, [/use-after-free in sa_ioctl$/]);
  await main.close({ fd: device });
  t.match(machine.log.at(-1), /use-after-free in sa_release$/);
});

/** Two threads that register at the same time: what each got, over several schedules. */
async function registeredTogether(url: string): Promise<{ words: Set<string>; log: Set<string> }> {
  const words = new Set<string>();
  const log = new Set<string>();
  for (let seed = 1n; seed <= 40n; seed += 1n) {
    const driver = await Driver.start(url);
    const { session } = driver.machine;
    await driver.main.fork({ client: 'other' });
    const threads = ['main', 'other'].map((client) => ({
      client,
      operations: [driver.registerStep(client, client)],
    }));
    const history = await session.run({ threads, deadlineMs: 1000, seed });
    const results = history.threads.flat();
    const minors = results.map((one) => one.errno ?? minorOf(one.out));
    words.add(minors.map(String).toSorted().join(' '));
    for (const line of history.log) log.add(line);
  }
  return { words, log };
}

t.test('hardened: two that register at the same time get two minors', async (t) => {
  const { words, log } = await registeredTogether('sim:');
  t.same([...words], ['2 3']);
  t.equal(log.size, 0);
});

t.test('the posted code takes one minor twice', async (t) => {
  const { words, log } = await registeredTogether(RFC);
  t.ok(words.has('2 3'), 'when one is done before the other begins');
  t.ok(words.has('2 EEXIST'), [...words].join('; '));
  t.match([...log], [/sysfs_warn_dup/]);
});

/** Opens of a minor while it is being registered, over several schedules. */
async function openedMeanwhile(url: string): Promise<Set<string>> {
  const log = new Set<string>();
  for (let seed = 1n; seed <= 40n; seed += 1n) {
    const driver = await Driver.start(url);
    await driver.main.fork({ client: 'other' });
    const open: Operation = { op: 'open', slot: 'early', file: 'minor:2', flags: O_RDWR };
    const repeat: Operation = { op: 'repeat', times: 4n, stop: 'success', body: [open] };
    const threads = [
      { client: 'main', operations: [driver.registerStep('new', 'x')] },
      { client: 'other', operations: [repeat] },
    ];
    const history = await driver.machine.session.run({ threads, deadlineMs: 1000, seed });
    for (const line of history.log) log.add(line);
  }
  return log;
}

t.test('only the posted code’s device can be opened before it is there', async (t) => {
  t.equal((await openedMeanwhile('sim:')).size, 0);
  t.match([...(await openedMeanwhile(RFC))], [/^WARNING: .*kobject_get$/]);
});
