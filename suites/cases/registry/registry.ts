import { linux, type Operation } from '../../../adapters/contract/index.ts';
import { type Case, Inconclusive } from '../../kit/case.ts';
import { contentsWord, stamp } from '../../kit/contents.ts';
import { type Bench, SUBJECT } from '../../kit/context.ts';
import {
  ALLOCATE,
  MINORS,
  NAME_BYTES_MAX,
  NODE_FAILS,
  OWNER,
  type Registrar,
} from '../../kit/registrar.ts';
import { registryRaces } from './races.ts';
import { registryCase, unchanged } from './registry-case.ts';

/** Buffers allocated and overwritten to show that memory was given away too early. */
const CHALLENGERS = 8;

const incomplete: readonly Case[] = [
  ['no-name', 'name', '', ALLOCATE | OWNER],
  ['no-allocate', 'allocate function', 'allocert', OWNER],
].map(([id, what, name, flags]) =>
  registryCase({
    id: `REG-01/${id}`,
    title: `an allocator without a ${what} is refused`,
    requirements: ['REG-01'],
    async act(bench, registrar) {
      await registrar.device();
      const before = await registrar.listing();
      const { word } = await registrar.register(String(name), Number(flags));
      const detail = `a registration without a ${what} came to ${word}`;
      bench.observe('REG-01', 'refusal', word, detail);
      const after = unchanged(before, await registrar.listing());
      bench.observe('REG-01', 'devices', after.word, `after that ${after.detail}`);
    },
  }),
);

/** Group L: allocators that come and go. Those that use up minors come last. */
export const registry: readonly Case[] = [
  ...incomplete,
  registryCase({
    id: 'REG-01/name',
    title: 'a device bears the name that was registered',
    requirements: ['REG-01'],
    async act(bench, registrar) {
      for (const name of ['allocert', 'n'.repeat(NAME_BYTES_MAX)]) {
        const minor = await registrar.device(name);
        const lines = await registrar.listing();
        const named = lines.some((line) => line.startsWith(`${name}${minor} `));
        const detail = `"${name}" with minor ${minor} gave ${lines.join(', ')}`;
        bench.observe('REG-01', 'name', named ? 'as-registered' : 'other-name', detail);
      }
    },
  }),
  registryCase({
    id: 'REG-02/no-owner',
    title: 'an allocator without an owner is refused',
    requirements: ['REG-02'],
    async act(bench, registrar) {
      await registrar.device();
      const { word } = await registrar.register('allocert', ALLOCATE);
      bench.observe('REG-02', 'refusal', word, `a registration without an owner came to ${word}`);
    },
  }),
  registryCase({
    id: 'REG-10/null',
    title: 'unregistering NULL does nothing',
    requirements: ['REG-10'],
    async act(bench, registrar) {
      await registrar.device();
      const before = await registrar.listing();
      const word = await registrar.unregister(undefined);
      bench.observe('REG-10', 'result', word, `unregistering NULL came to ${word}`);
      const after = unchanged(before, await registrar.listing());
      bench.observe('REG-10', 'devices', after.word, `after that ${after.detail}`);
    },
  }),
  registryCase({
    id: 'REG-11/node-fails',
    title: 'a registration whose node cannot be made is undone',
    requirements: ['REG-11'],
    async act(bench, registrar) {
      await registrar.device();
      const before = await registrar.listing();
      const opened = await openable(registrar);
      const { word } = await registrar.register('allocert', ALLOCATE | OWNER | NODE_FAILS);
      bench.observe('REG-11', 'refusal', word, `a registration without a node came to ${word}`);
      const after = unchanged(before, await registrar.listing());
      bench.observe('REG-11', 'devices', after.word, `after that ${after.detail}`);
      const numbers = unchanged(opened, await openable(registrar, before));
      bench.observe('REG-11', 'numbers', numbers.word, `of the next minors, ${numbers.detail}`);
    },
  }),
  registryCase({
    id: 'REG-11/many',
    title: 'registrations that fail cost no minor',
    requirements: ['REG-11'],
    async act(bench, registrar) {
      await registrar.device();
      const body = [registrar.registerStep('allocert', ALLOCATE | OWNER | NODE_FAILS)];
      const repeat: Operation = { op: 'repeat', times: BigInt(MINORS), stop: 'success', body };
      const [result] = (await bench.runSteps(SUBJECT, [repeat])).threads[0] ?? [];
      const { word } = registrar.note(result?.steps?.[0]?.last);
      bench.observe('REG-11', 'refusal', word, `a registration without a node came to ${word}`);
      const next = await registrar.register();
      const detail = `a registration after ${MINORS} that failed came to ${next.word}`;
      bench.observe('REG-11', 'after', next.word, detail);
    },
  }),
  registryCase({
    id: 'REG-06/open-descriptor',
    title: 'a descriptor outlives its device safely',
    requirements: ['REG-06'],
    async act(bench, registrar) {
      const minor = await registrar.device();
      const device = await registrar.opened(minor);
      await bench.control({}, { device });
      await unregistered(registrar, minor);
      const buffer = await bench.allocate({}, { device });
      if (buffer.word === 'ENOMEM') throw new Inconclusive('blocked: an allocation got no memory');
      const detail = `an allocation through a device that is gone came to ${buffer.word}`;
      bench.observe('REG-06', 'ioctl', buffer.word, detail);
      await bench.release(buffer);
      await bench.subject.close({ fd: device });
    },
  }),
  registryCase({
    id: 'REG-07/live-buffer',
    title: 'a buffer outlives its device',
    requirements: ['REG-07'],
    async act(bench, registrar) {
      const { page, subject } = bench;
      const minor = await registrar.device();
      const device = await registrar.opened(minor);
      const buffer = await bench.buffer({}, { device });
      const early = await bench.map(buffer, page);
      await stamp(bench, buffer, page, 0x5a);
      await unregistered(registrar, minor);
      await overwriteNewBuffers(bench);
      const mapped = await contentsWord(subject, early, page, 0x5a);
      bench.observe('REG-07', 'pattern', mapped, `a mapping outlived its device: ${mapped}`);
      const { fd } = buffer;
      const { PROT_READ: protection, MAP_SHARED: flags } = linux;
      const late = await subject.mmap({ length: page, protection, flags, fd });
      const word = late.ok ? await contentsWord(subject, late, page, 0x5a) : late.word;
      bench.observe('REG-07', 'pattern', word, `a buffer mapped after its device went: ${word}`);
    },
  }),
  ...registryRaces,
  registryCase({
    id: 'REG-09/several',
    title: 'devices that are unregistered leave nothing behind',
    requirements: ['REG-09'],
    async act(_bench, registrar) {
      for (const name of ['one', 'two', 'three']) await registrar.device(name);
    },
  }),
  registryCase({
    id: 'REG-04/turns',
    title: 'there are always minors left when devices come and go',
    requirements: ['REG-04'],
    async act(bench, registrar) {
      const { word, detail } = await minorsInTurn(bench, registrar);
      bench.observe('REG-04', 'minors', word, detail);
    },
  }),
  registryCase({
    id: 'REG-03/257',
    title: 'the 257th device is refused',
    requirements: ['REG-03'],
    async act(bench, registrar) {
      const present = await registrar.presentDevices();
      const steps = Array.from({ length: MINORS + 1 - present }, () => registrar.registerStep());
      const results = (await bench.runSteps(SUBJECT, steps)).threads[0] ?? [];
      const words = results.map((result) => registrar.note(result).word);
      const accepted = words.filter((word) => word === 'ok').length;
      if (accepted === 0) throw new Inconclusive('blocked: not a single device was registered');
      const word = words.at(-1) ?? 'none';
      const detail = `with ${present + accepted} devices, one more came to ${word}`;
      bench.observe('REG-03', 'beyond', word, detail);
    },
  }),
];

/** Unregisters a device that must be gone before anything can be observed. */
async function unregistered(registrar: Registrar, minor: number): Promise<void> {
  const word = await registrar.unregister(minor);
  if (word !== 'ok') throw new Inconclusive(`blocked: unregistering a device failed: ${word}`);
}

/** Those of the minors that a registration may get next which can be opened already. */
async function openable(
  registrar: Registrar,
  listed?: readonly string[],
): Promise<readonly string[]> {
  const minors = await registrar.nextMinors(listed);
  const opened: string[] = [];
  for (const minor of minors) {
    if ((await registrar.open(minor)).ok) opened.push(String(minor));
  }
  return opened;
}

/** Takes new buffers and overwrites them, so that memory that was given away shows it. */
async function overwriteNewBuffers(bench: Bench): Promise<void> {
  for (let index = 0; index < CHALLENGERS; index += 1) {
    await stamp(bench, await bench.buffer(), bench.page, 0xa5);
  }
}

/** Registers and unregisters so often that minors must be used again. */
async function minorsInTurn(
  bench: Bench,
  registrar: Registrar,
): Promise<{ readonly word: string; readonly detail: string }> {
  const first = await registrar.device();
  await unregistered(registrar, first);
  const body = [registrar.registerStep(), registrar.unregisterStep(first)];
  const times = BigInt(MINORS);
  const repeat: Operation = { op: 'repeat', times, stop: 'failure', body };
  const [result] = (await bench.runSteps(SUBJECT, [repeat])).threads[0] ?? [];
  if (result?.value === times) {
    return { word: 'reused', detail: `${MINORS} devices in turn had minor ${first}` };
  }
  // It gives other minors, which may be used again all the same.
  const [registering] = result?.steps ?? [];
  let given = registrar.note(registering?.last);
  for (let turn = 0; turn < MINORS && given.minor !== undefined; turn += 1) {
    if (given.minor >= MINORS) break;
    await unregistered(registrar, given.minor);
    given = await registrar.register();
  }
  const { word, minor } = given;
  if (minor === undefined) return { word, detail: `a device after ${MINORS} in turn: ${word}` };
  const beyond = minor >= MINORS;
  return { word: beyond ? 'beyond' : 'reused', detail: `devices in turn came to minor ${minor}` };
}
