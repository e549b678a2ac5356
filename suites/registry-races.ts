import { linux, type Operation, type Result, wordOf } from '../adapters/contract/index.ts';
import { type Bench, SUBJECT } from './bench.ts';
import type { Case } from './case.ts';
import {
  checkRoom,
  linesOf,
  MINORS,
  minorIn,
  nodeOf,
  type Registrar,
  type Registration,
} from './registrar.ts';
import { registryCase } from './registry-case.ts';

/** Times that two threads meet; each on another schedule where the target lets one choose. */
const ROUNDS = 24;
/** Looks that are taken at the next device while it is being registered. */
const LOOKS = [0, 1, 2, 3, 4, 5];
/** Operations of one look. */
const LOOK_STEPS = 4;

/** What a race came to, in a word and a sentence. */
interface Seen {
  readonly word: string;
  readonly detail: string;
}

/** Cases of group L in which something happens at the same time, or might have. */
export const registryRaces: readonly Case[] = [
  registryCase({
    id: 'REG-05/together',
    title: 'two that register at once get two minors',
    requirements: ['REG-05'],
    async act(bench, registrar) {
      await bench.control();
      await registrar.device();
      for (let round = 0; round < ROUNDS; round += 1) {
        const { word, detail } = await registeredTogether(bench, registrar, BigInt(round));
        bench.observe('REG-05', 'minors', word, detail);
        if (word !== 'distinct') break;
      }
    },
  }),
  registryCase({
    id: 'REG-05/after-unregister',
    title: 'a minor in use is not given away when an older one becomes free',
    requirements: ['REG-05'],
    async act(bench, registrar) {
      const older = await registrar.device('older');
      const newer = await registrar.device('newer');
      await registrar.unregister(older);
      const newest = await registrar.device('newest');
      const word = newest === newer ? 'same' : 'distinct';
      const detail = `with minor ${newer} in use and ${older} free again, the next got ${newest}`;
      bench.observe('REG-05', 'minors', word, detail);
    },
  }),
  registryCase({
    id: 'REG-06/during-allocation',
    title: 'a device may be unregistered while it allocates',
    requirements: ['REG-06'],
    async act(bench, registrar) {
      await bench.control();
      for (let round = 0; round < ROUNDS; round += 1) {
        const { word, detail } = await unregisteredMeanwhile(bench, registrar, BigInt(round));
        bench.observe('REG-06', 'ioctl', word, detail);
      }
    },
  }),
  registryCase({
    id: 'REG-08/early-open',
    title: 'a device is found only when it serves',
    requirements: ['REG-08'],
    async act(bench, registrar) {
      await bench.control();
      await registrar.device();
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const { word, detail } of await lookedAt(bench, registrar, BigInt(round))) {
          bench.observe('REG-08', 'early', word, detail);
        }
      }
    },
  }),
];

async function registeredTogether(bench: Bench, registrar: Registrar, seed: bigint): Promise<Seen> {
  const threads = ['left', 'right'].map((name) => ({
    client: SUBJECT,
    operations: [registrar.registerStep(name)],
  }));
  const history = await bench.runThreads(threads, seed);
  const given = history.threads.map(([result]) => registrar.note(result));
  // Where nothing can be registered at all, the race is not to blame.
  if (given.every(({ minor }) => minor === undefined)) await registrar.device();
  const word = await wordOfMinors(bench, registrar, given);
  const came = given.map((one) => one.minor ?? one.word).join(' and ');
  for (const { minor } of given) if (minor !== undefined) await registrar.unregister(minor);
  return { word, detail: `two registrations at once came to ${came}` };
}

/** Whether each registration got a minor of its own, under which its device serves. */
async function wordOfMinors(
  bench: Bench,
  registrar: Registrar,
  given: readonly Registration[],
): Promise<string> {
  const minors = given.flatMap(({ minor }) => (minor === undefined ? [] : [minor]));
  if (minors.length < given.length) return 'refused';
  if (new Set(minors).size < minors.length) return 'same';
  for (const minor of minors.filter((one) => one < MINORS)) {
    const device = await registrar.open(minor);
    if (!device.ok) return 'unreachable';
    const buffer = await bench.allocate({}, { device });
    await bench.release(buffer);
    await bench.subject.close({ fd: device });
    checkRoom(buffer.word);
    if (!buffer.reply.ok) return 'unreachable';
  }
  return 'distinct';
}

async function unregisteredMeanwhile(
  bench: Bench,
  registrar: Registrar,
  seed: bigint,
): Promise<Seen> {
  const minor = await registrar.device();
  const device = await registrar.opened(minor);
  const slot = `meanwhile-${seed}`;
  const history = await bench.runThreads(
    [
      { client: SUBJECT, operations: [bench.allocationStep(slot, device)] },
      { client: SUBJECT, operations: [registrar.unregisterStep(minor)] },
    ],
    seed,
  );
  registrar.forget(minor);
  const word = wordIn(history.threads[0]?.[0]);
  if (word === 'ok') await bench.subject.close({ fd: bench.descriptorIn(slot) });
  await bench.subject.close({ fd: device });
  checkRoom(word);
  return { word, detail: `an allocation while its device was unregistered came to ${word}` };
}

/** Looks at every minor that the next device may get, while it is being registered. */
async function lookedAt(
  bench: Bench,
  registrar: Registrar,
  seed: bigint,
): Promise<readonly Seen[]> {
  const minors = await absentMinors(registrar);
  const threads = minors.map((minor, index) => ({
    client: SUBJECT,
    operations: LOOKS.flatMap((look) => lookAt(bench, minor, slotOf(index, look))),
  }));
  const registering = { client: SUBJECT, operations: [registrar.registerStep()] };
  const history = await bench.runThreads([registering, ...threads], seed);
  registrar.note(history.threads[0]?.[0]);
  const looks = minors.flatMap((minor, index) =>
    LOOKS.map((look) => {
      const results = history.threads[index + 1]?.slice(look * LOOK_STEPS) ?? [];
      return { minor, slot: slotOf(index, look), results };
    }),
  );
  for (const { slot, results } of looks) {
    const [, , allocation] = results;
    if (wordIn(allocation) === 'ok') await bench.subject.close({ fd: bench.descriptorIn(slot) });
  }
  return looks.map(({ minor, results }) => seenOf(minor, results));
}

/** Those of the next minors that do not open yet. */
async function absentMinors(registrar: Registrar): Promise<readonly number[]> {
  const absent: number[] = [];
  for (const minor of await registrar.nextMinors()) {
    if (!(await registrar.open(minor)).ok) absent.push(minor);
  }
  return absent;
}

const slotOf = (index: number, look: number): string => `look-${index}-${look}`;

/** One look at a device: whether it is listed, whether it opens, whether it allocates. */
function lookAt(bench: Bench, minor: number, slot: string): readonly Operation[] {
  const device = { slot: `${slot}-device` };
  return [
    { op: 'readfile', document: '/sys/class/simple_allocator' },
    { op: 'open', slot: device.slot, file: nodeOf(minor), flags: linux.O_RDWR },
    bench.allocationStep(slot, device),
    { op: 'close', fd: device },
  ];
}

/** What one look saw. */
function seenOf(minor: number, results: readonly Result[]): Seen {
  const [listing, open, allocation] = results;
  const lines = listing === undefined ? [] : linesOf(listing.out);
  const listed = lines.some((line) => minorIn(line) === minor);
  const word = wordOfLook(listed, wordIn(open), wordIn(allocation));
  return { word, detail: `minor ${minor}, looked at while it was being registered, was ${word}` };
}

function wordOfLook(listed: boolean, open: string, allocation: string): string {
  checkRoom(allocation);
  if (open !== 'ok') return listed ? 'listed-early' : 'absent';
  return allocation === 'ok' ? 'ready' : 'unready';
}

const wordIn = (result: Result | undefined): string =>
  result === undefined ? 'none' : wordOf(result);
