import t from 'tap';
import { linux } from '../../../adapters/contract/index.ts';
import { DEFECTS } from '../../../adapters/simulator/defects/all.ts';
import { descriptorIn, lengthOf, Machine, PAGE, READ_WRITE, type Wanted } from './machine.ts';

const SECRET = Uint8Array.of(0x5a);
const READ_ONLY = { kind: 'page', protection: 'read-only' } as const;

/** What a request came to, in one word. */
const word = async (machine: Machine, wanted: Wanted): Promise<string> =>
  (await machine.allocate(wanted)).word;

/** Leaves a secret in two pages and returns which pages of a new buffer still show it. */
async function residue(machine: Machine, length: bigint): Promise<string> {
  const old = await machine.allocate({ length: 2n * PAGE });
  const mapping = await machine.map(old, 2n * PAGE);
  await machine.main.store({ address: mapping, length: 2n * PAGE, bytes: SECRET });
  await machine.main.munmap({ address: mapping, length: 2n * PAGE });
  await machine.close(old);
  const address = await machine.map(await machine.allocate({ length }), 2n * PAGE);
  const seen: string[] = [];
  for (const offset of [0n, PAGE, 2n * PAGE - 1n]) {
    seen.push(String((await machine.main.load({ address, offset, length: 1n })).out[0]));
  }
  return seen.join();
}

/** Bytes that a cycle of allocation, mapping and release loses. */
async function lost(machine: Machine): Promise<string> {
  const free = await machine.free();
  await machine.close(await machine.allocate({ length: 2n * PAGE }));
  return String(free - (await machine.free()));
}

async function leftByFault(machine: Machine): Promise<string> {
  await machine.allocate({}, { placement: READ_ONLY });
  const { length } = await machine.descriptors();
  await machine.main.close({ fd: 4n });
  return `${length} ${machine.log.length}`;
}

async function afterDeviceClose(machine: Machine): Promise<string> {
  const free = await machine.free();
  const buffer = await machine.allocate();
  const address = await machine.map(buffer);
  await machine.main.close({ fd: machine.device });
  const access = (await machine.main.load({ address, length: 1n })).word;
  await machine.main.munmap({ address, length: PAGE });
  const { word } = await machine.close(buffer);
  return `${access} ${word} ${free - (await machine.free())}`;
}

/** How a read-only buffer that O_CLOEXEC was asked for looks. */
async function flagsOf(machine: Machine): Promise<string> {
  const fd = descriptorIn((await machine.allocate({ flags: linux.O_CLOEXEC })).slot);
  const { value: closing } = await machine.main.fcntl({ fd, command: linux.F_GETFD });
  const wanted = { length: PAGE, protection: READ_WRITE, flags: linux.MAP_SHARED, fd };
  return `${closing} ${(await machine.main.mmap(wanted)).word}`;
}

async function mappedAfterClose(machine: Machine): Promise<string> {
  const buffer = await machine.allocate();
  const address = await machine.map(buffer);
  await machine.close(buffer);
  const other = await machine.map(await machine.allocate());
  await machine.main.store({ address: other, length: PAGE, bytes: SECRET });
  return String((await machine.main.load({ address, length: 1n })).out[0]);
}

async function mappedAt(machine: Machine, offset: bigint): Promise<string> {
  const buffer = await machine.allocate({ length: 2n * PAGE });
  const address = await machine.map(buffer, 2n * PAGE);
  await machine.main.store({ address, offset: PAGE, length: 1n, bytes: SECRET });
  const fd = descriptorIn(buffer.slot);
  const wanted = { length: PAGE, protection: 1n, flags: linux.MAP_SHARED, fd, offset };
  const part = await machine.main.mmap(wanted);
  if (!part.ok) return part.word;
  return String((await machine.main.load({ address: part, length: 1n })).out[0]);
}

async function overlap(machine: Machine): Promise<string> {
  const one = await machine.map(await machine.allocate({ length: 2n * PAGE }), 2n * PAGE);
  const two = await machine.map(await machine.allocate());
  await machine.main.store({ address: two, length: PAGE, bytes: SECRET });
  return String((await machine.main.load({ address: one, offset: PAGE, length: 1n })).out[0]);
}

async function tableFull(machine: Machine): Promise<string> {
  await machine.main.setrlimit({ resource: linux.RLIMIT_NOFILE, soft: 4n });
  const free = await machine.free();
  await machine.allocate();
  return String(free - (await machine.free()));
}

/** Whether the length that is reported is the buffer's while another thread flips the field. */
async function flippedLength(machine: Machine): Promise<string> {
  const value = 3n * PAGE;
  const placement = { kind: 'flipped', offset: 8, width: 8, value } as const;
  const buffer = await machine.allocate({}, { placement });
  const seek = { fd: descriptorIn(buffer.slot), offset: 0n, whence: linux.SEEK_END };
  const { value: size } = await machine.main.lseek(seek);
  return size === lengthOf(buffer.out) ? 'equal' : 'different';
}

const request = async (machine: Machine, number: bigint): Promise<string> =>
  (await machine.allocate({}, { request: number })).word;
const lengthBack = async (machine: Machine, length: bigint): Promise<string> => {
  const { ok, word, out } = await machine.allocate({ length });
  return ok ? String(lengthOf(out)) : word;
};
const overRegion = async (machine: Machine): Promise<string> =>
  `${await word(machine, { length: 1n << 40n })} ${machine.log.length}`;

/** What is done, what comes of it without the defect, and what with it. */
type Check = readonly [string, (machine: Machine) => Promise<string>, string, string];

const CHECKS: readonly Check[] = [
  ['no-zeroing', (m) => residue(m, 2n * PAGE), '0,0,0', '90,90,90'],
  ['tail-not-zeroed', (m) => residue(m, PAGE + 9n), '0,0,0', '0,0,90'],
  ['first-page-zeroed', (m) => residue(m, 2n * PAGE), '0,0,0', '0,90,90'],
  ['version-unchecked', (m) => word(m, { version: 1n }), 'EINVAL', 'ok'],
  ['version-truncated-32', (m) => word(m, { version: 1n << 32n }), 'EINVAL', 'ok'],
  ['reserved-unchecked', (m) => word(m, { reserved2: 1n }), 'EINVAL', 'ok'],
  ['flags-unchecked', (m) => word(m, { flags: linux.O_APPEND }), 'EINVAL', 'ok'],
  ['cloexec-ignored', flagsOf, '1 EACCES', '0 EACCES'],
  ['access-mode-dropped', flagsOf, '1 EACCES', '1 ok'],
  ['unknown-ioctl-einval', (m) => request(m, 0xc0205301n), 'ENOTTY', 'EINVAL'],
  ['unknown-ioctl-enodev', (m) => request(m, 0xc0205301n), 'ENOTTY', 'ENODEV'],
  ['ioctl-type-unchecked', (m) => request(m, 0xc0205400n), 'ENOTTY', 'ok'],
  ['length-unrounded', (m) => lengthBack(m, 100n), '4096', '100'],
  ['length-not-written', (m) => lengthBack(m, 5000n), '8192', '5000'],
  ['length-truncated-32', (m) => lengthBack(m, (1n << 32n) + PAGE), 'ENOMEM', '4096'],
  ['zero-length-accepted', (m) => lengthBack(m, 0n), 'EINVAL', '4096'],
  ['double-fetch', flippedLength, 'equal', 'different'],
  ['exhaustion-einval', (m) => lengthBack(m, 1n << 40n), 'ENOMEM', 'EINVAL'],
  ['fd-leak-on-efault', leftByFault, '4 0', '5 0'],
  ['put-after-install', leftByFault, '4 0', '5 1'],
  ['leak-on-emfile', tableFull, '0', '4096'],
  ['warn-on-length', overRegion, 'ENOMEM 0', 'ENOMEM 1'],
  ['leak-on-close', lost, '0', '4096'],
  ['freed-while-mapped', mappedAfterClose, '0', '90'],
  ['leak-after-device-close', afterDeviceClose, 'ok ok 0', 'ok ok 4096'],
  ['closes-with-device', afterDeviceClose, 'ok ok 0', 'SIGBUS ok 0'],
  ['mmap-offset-ignored', (m) => mappedAt(m, PAGE), '90', '0'],
  ['mmap-bound-off-by-one', (m) => mappedAt(m, 2n * PAGE), 'EINVAL', '130'],
  ['overlapping-buffers', overlap, '0', '90'],
];

// That each defect shows through the suites is for `allocert qualify` to say.
t.test('every check is of a defect', async (t) => {
  const names: readonly string[] = DEFECTS.map(({ name }) => name);
  t.strictSame(
    CHECKS.map(([name]) => name).filter((name) => !names.includes(name)),
    [],
  );
  t.equal(new Set(names).size, names.length, 'names are unique');
});

for (const [name, check, sound, defective] of CHECKS) {
  t.test(`${name} shows, and only where it is switched on`, async (t) => {
    t.not(sound, defective);
    t.equal(await check(await Machine.start('sim:')), sound);
    t.equal(await check(await Machine.start(`sim:?defect=${name}`)), defective);
  });
}
