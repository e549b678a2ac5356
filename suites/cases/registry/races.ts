import {
  linux,
  type Operation,
  outcomePhrase,
  type Result,
  wordOf,
} from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { type CaseContext, SUBJECT } from '../../kit/context.ts';
import {
  classLines,
  MINORS,
  minorFile,
  minorIn,
  type Registrar,
  type RegistrationOutcome,
} from '../../kit/registrar.ts';
import { registryCase } from './registry-case.ts';

/** Times that two threads meet; each on another schedule where the target lets one choose. */
const ROUNDS = 24;
/** The same for looks at a device, which rarely come at the right moment. */
const LOOKING_ROUNDS = 64;
/** Whether memory is left is another rule's question: a round that finds none says nothing. */
const NO_ROOM = 'ENOMEM';
/** There is no node; one that leads to no device is ENXIO. */
const NO_NODE = 'ENOENT';
/** Looks that are taken at the next device while it is being registered. */
const LOOKS = [0, 1, 2];
/** Operations of one look. */
const LOOK_STEPS = 2;

/** The outcome of a race, in a word and a sentence. */
interface Seen {
  readonly word: string;
  readonly detail: string;
}

/** Devices are registered, used and unregistered at the same time. */
export const registryRaceCases: readonly Case[] = [
  registryCase({
    id: 'REG-05/together',
    title: 'two that register at once get two minors',
    requirements: ['REG-05'],
    async act(context, registrar) {
      await context.control();
      await registrar.device();
      for (let round = 0; round < ROUNDS; round += 1) {
        const { word, detail } = await registeredTogether(context, registrar, BigInt(round));
        if (word === NO_ROOM) continue;
        context.observe('REG-05', 'minors', word, detail);
        if (word !== 'distinct') break;
      }
    },
  }),
  registryCase({
    id: 'REG-05/after-unregister',
    title: 'a minor in use is not given away when an older one becomes free',
    requirements: ['REG-05'],
    async act(context, registrar) {
      const older = await registrar.device('older');
      const newer = await registrar.device('newer');
      await registrar.unregister(older);
      const newest = await registrar.device('newest');
      const word = newest === newer ? 'same' : 'distinct';
      const detail = `with minor ${newer} in use and ${older} free again, the next got ${newest}`;
      context.observe('REG-05', 'minors', word, detail);
    },
  }),
  registryCase({
    id: 'REG-06/during-allocation',
    title: 'a device may be unregistered while it allocates',
    requirements: ['REG-06'],
    async act(context, registrar) {
      await context.control();
      for (let round = 0; round < ROUNDS; round += 1) {
        const { word, detail } = await unregisteredMeanwhile(context, registrar, BigInt(round));
        if (word !== NO_ROOM) context.observe('REG-06', 'ioctl', word, detail);
      }
    },
  }),
  registryCase({
    id: 'REG-08/early-open',
    title: 'a device is found only when it serves',
    requirements: ['REG-08'],
    async act(context, registrar) {
      await context.control();
      await registrar.device();
      for (let round = 0; round < LOOKING_ROUNDS; round += 1) {
        for (const { word, detail } of await lookedAt(context, registrar, BigInt(round))) {
          if (word !== NO_ROOM) context.observe('REG-08', 'early', word, detail);
        }
      }
    },
  }),
];

/** Runs operations of `subject` in threads that begin together; gives the results of each. */
async function together(
  context: CaseContext,
  threads: readonly (readonly Operation[])[],
  seed: bigint,
): Promise<readonly (readonly Result[])[]> {
  const barrier: Operation = { op: 'barrier', parties: BigInt(threads.length) };
  const history = await context.runThreads(
    threads.map((steps) => ({ client: SUBJECT, operations: [barrier, ...steps] })),
    { seed },
  );
  return history.threads.map(([, ...results]) => results);
}

async function registeredTogether(
  context: CaseContext,
  registrar: Registrar,
  seed: bigint,
): Promise<Seen> {
  const threads = ['left', 'right'].map((name) => [registrar.registerStep(name)]);
  const results = await together(context, threads, seed);
  const given = results.map(([result]) => registrar.note(result));
  // Where nothing can be registered at all, the race is not to blame.
  if (given.every(({ minor }) => minor === undefined)) await registrar.device();
  const word = await wordOfMinors(context, registrar, given);
  const came = given.map(({ minor, word: error }) =>
    minor === undefined ? `one failed with ${error}` : `one returned minor ${minor}`,
  );
  for (const { minor } of given) if (minor !== undefined) await registrar.unregister(minor);
  return { word, detail: `of two registrations at once, ${came.join(' and ')}` };
}

/** Whether each registration got a minor of its own, under which its device serves. */
async function wordOfMinors(
  context: CaseContext,
  registrar: Registrar,
  given: readonly RegistrationOutcome[],
): Promise<string> {
  const minors = given.flatMap(({ minor }) => (minor === undefined ? [] : [minor]));
  if (minors.length < given.length) return 'refused';
  if (new Set(minors).size < minors.length) return 'same';
  for (const minor of minors.filter((one) => one < MINORS)) {
    const device = await registrar.open(minor);
    if (!device.ok) return 'unreachable';
    const buffer = await context.allocate({}, { device });
    await context.release(buffer);
    await context.subject.close({ fd: device });
    if (buffer.word === NO_ROOM) return NO_ROOM;
    if (!buffer.reply.ok) return 'unreachable';
  }
  return 'distinct';
}

async function unregisteredMeanwhile(
  context: CaseContext,
  registrar: Registrar,
  seed: bigint,
): Promise<Seen> {
  const minor = await registrar.device();
  const device = await registrar.opened(minor);
  const slot = `meanwhile-${seed}`;
  const threads = [[context.allocationStep(slot, device)], [registrar.unregisterStep(minor)]];
  const [allocating, unregistering] = await together(context, threads, seed);
  if (wordIn(unregistering?.[0]) === 'ok') registrar.forget(minor);
  const word = wordIn(allocating?.[0]);
  if (word === 'ok') await context.subject.close({ fd: context.descriptorIn(slot) });
  await context.subject.close({ fd: device });
  return { word, detail: `an allocation while its device was unregistered ${outcomePhrase(word)}` };
}

/** Looks at every minor that the next device may get, while it is being registered. */
async function lookedAt(
  context: CaseContext,
  registrar: Registrar,
  seed: bigint,
): Promise<readonly Seen[]> {
  const lookers: readonly Looker[] = (await absentMinors(registrar)).flatMap((minor) => [
    { minor, look: listing, slots: LOOKS.map((look) => `listed-${minor}-${look}`) },
    { minor, look: serving, slots: LOOKS.map((look) => `served-${minor}-${look}`) },
  ]);
  const looks = lookers.map(({ minor, look, slots }) =>
    slots.flatMap((slot) => look.steps(context, minor, slot)),
  );
  const threads = [[registrar.registerStep()], ...looks];
  const [registering, ...looking] = await together(context, threads, seed);
  registrar.note(registering?.[0]);
  const seen: Seen[] = [];
  for (const [index, looker] of lookers.entries()) {
    seen.push(...(await seenBy(context, looker, looking[index] ?? [])));
  }
  return seen;
}

/** A thread that looks at a minor again and again. */
interface Looker {
  readonly minor: number;
  readonly look: Look;
  readonly slots: readonly string[];
}

/** The observations of one thread; the devices that it opened are closed. */
async function seenBy(
  context: CaseContext,
  { minor, look, slots }: Looker,
  results: readonly Result[],
): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (const [index, slot] of slots.entries()) {
    const mine = results.slice(index * LOOK_STEPS, (index + 1) * LOOK_STEPS);
    await look.close(context, slot, mine);
    const word = look.word(minor, mine);
    const detail = `minor ${minor}, looked at while it was being registered, was ${word}`;
    seen.push({ word, detail });
  }
  return seen;
}

/** Those of the next minors that do not open yet. */
async function absentMinors(registrar: Registrar): Promise<readonly number[]> {
  const absent: number[] = [];
  for (const minor of await registrar.nextMinors()) {
    if (!(await registrar.open(minor)).ok) absent.push(minor);
  }
  return absent;
}

/** A way to look at a device, in {@link LOOK_STEPS} operations. */
interface Look {
  steps(context: CaseContext, minor: number, slot: string): readonly Operation[];
  word(minor: number, results: readonly Result[]): string;
  /** Closes what it opened. */
  close(context: CaseContext, slot: string, results: readonly Result[]): Promise<void>;
}

const opening = (minor: number, slot: string): Operation => ({
  op: 'open',
  slot,
  file: minorFile(minor),
  flags: linux.O_RDWR,
});

/** Whether what the class lists can be opened. */
const listing: Look = {
  steps: (_context, minor, slot) => [
    { op: 'readfile', document: '/sys/class/simple_allocator' },
    opening(minor, slot),
  ],
  word(minor, [document, open]) {
    if (wordIn(open) === 'ok') return 'ready';
    // The driver core lists a device shortly before it makes the node: no driver can help that.
    if (wordIn(open) === NO_NODE) return 'absent';
    const lines = document === undefined ? [] : classLines(document.out);
    return lines.some((line) => minorIn(line) === minor) ? 'listed-early' : 'absent';
  },
  async close(context, slot, [, open]) {
    if (wordIn(open) === 'ok') await context.subject.close({ fd: { slot } });
  },
};

/** Whether what can be opened allocates. */
const serving: Look = {
  steps: (context, minor, slot) => [
    opening(minor, slot),
    context.allocationStep(`${slot}-buffer`, { slot }),
  ],
  word(_minor, [open, allocation]) {
    if (wordIn(open) !== 'ok') return 'absent';
    const word = wordIn(allocation);
    if (word === NO_ROOM) return NO_ROOM;
    return word === 'ok' ? 'ready' : 'unready';
  },
  async close(context, slot, [open, allocation]) {
    const buffer = context.descriptorIn(`${slot}-buffer`);
    if (wordIn(allocation) === 'ok') await context.subject.close({ fd: buffer });
    if (wordIn(open) === 'ok') await context.subject.close({ fd: { slot } });
  },
};

const wordIn = (result: Result | undefined): string =>
  result === undefined ? 'none' : wordOf(result);
