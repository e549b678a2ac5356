import { linux, type Operation, type Placement, wordOf } from '../../../adapters/contract/index.ts';
import { fieldOf, readField } from '../../../catalogue/abi-request.ts';
import type { Case } from '../../kit/case.ts';
import { pattern, stamp } from '../../kit/contents.ts';
import { type CaseContext, SUBJECT } from '../../kit/context.ts';
import { observeConservedBy } from '../../kit/free-memory.ts';
import {
  nextDescriptor,
  OverlapCount,
  type Race,
  type RacingThread,
  runTogether,
  Sightings,
  visibleLoss,
} from '../../kit/race.ts';

/**
 * A descriptor closed as soon as it comes is hit during the call in more than one round of eight.
 */
const ODDS = 8;
/** Times that a thread tries to close a descriptor which is not there yet. */
const TRIES = 800n;
/**
 * Calls that do nothing before the request, by round. Threads of a real machine do not leave a
 * barrier at one instant: the request must come while the other thread is trying.
 */
const LEADS = [0n, 20n, 60n, 120n, 240n];
const BYTE = 0x3c;
/** Where copy_from_user works and copy_to_user does not. */
const READ_ONLY: Placement = { kind: 'page', protection: 'read-only' };

/** A rule about a descriptor that is closed while the request that gives it is under way. */
interface ClosedMeanwhile {
  readonly requirement: 'CON-02' | 'CON-03';
  readonly placement?: Placement;
}

const CLOSED: ClosedMeanwhile = { requirement: 'CON-02' };
const CLOSED_AND_REFUSED: ClosedMeanwhile = { requirement: 'CON-03', placement: READ_ONLY };

/** Descriptors are closed while other calls use them. */
export const concurrentCloseCases: readonly Case[] = [
  {
    id: 'CON-02/closed-meanwhile',
    title: 'closing a descriptor while the ioctl creates it is safe',
    requirements: ['CON-02'],
    needs: ['timing'],
    run: (context) => observeClosing(context, CLOSED),
  },
  {
    id: 'CON-02/memory',
    title: 'a buffer closed while the ioctl creates it is freed once',
    requirements: ['CON-02'],
    needs: ['timing'],
    run: (context) => observeMemory(context, CLOSED),
  },
  {
    id: 'CON-03/closed-and-refused',
    title: 'closing a descriptor while its request fails is safe',
    requirements: ['CON-03'],
    needs: ['timing'],
    run: (context) => observeClosing(context, CLOSED_AND_REFUSED),
  },
  {
    id: 'CON-03/memory',
    title: 'a buffer closed while its request fails is freed once',
    requirements: ['CON-03'],
    needs: ['timing'],
    run: (context) => observeMemory(context, CLOSED_AND_REFUSED),
  },
  {
    id: 'CON-05/closed-in-use',
    title: 'a buffer may be closed while other threads use its descriptor',
    requirements: ['CON-05'],
    needs: ['memory', 'procfs', 'timing'],
    async run(context) {
      const sightings = new Sightings();
      const overlaps = new OverlapCount(ODDS);
      while (overlaps.goesOn) {
        overlaps.count(await closeInUse(context, sightings, overlaps));
      }
      sightings.observe(context, 'CON-05', overlaps.note);
      overlaps.demandPower();
    },
  },
];

async function observeClosing(context: CaseContext, rule: ClosedMeanwhile): Promise<void> {
  await context.control();
  const seen = { sightings: new Sightings(), overlaps: new OverlapCount(ODDS) };
  const { overlaps, sightings } = seen;
  while (overlaps.goesOn) {
    overlaps.count(await closeMeanwhile(context, rule, { length: context.page, ...seen }));
  }
  sightings.observe(context, rule.requirement, overlaps.note);
  overlaps.demandPower();
}

async function observeMemory(context: CaseContext, rule: ClosedMeanwhile): Promise<void> {
  const { cycles, bytesPerCycle, length } = visibleLoss(context, ODDS);
  await context.control({ length });
  const sightings = new Sightings();
  const overlaps = new OverlapCount(ODDS);
  await observeConservedBy(context, {
    requirement: rule.requirement,
    cycles,
    bytesPerCycle,
    run: () => overlaps.meet(() => closeMeanwhile(context, rule, { length, sightings, overlaps })),
    note: () => overlaps.note,
  });
  overlaps.demandPower();
}

/** One round, and where to put what it showed. */
interface Round {
  readonly length: bigint;
  readonly sightings: Sightings;
  /** Of the rounds before it. */
  readonly overlaps: OverlapCount;
}

/** One thread asks for a buffer, and another closes the descriptor that it is going to get. */
async function closeMeanwhile(
  context: CaseContext,
  { placement }: ClosedMeanwhile,
  { length, sightings, overlaps }: Round,
): Promise<Race> {
  const round = overlaps.rounds;
  const longer = overlaps.lengthening;
  const fd = await nextDescriptor(context);
  const slot = `closed-${round % 2}`;
  const device = await context.device();
  const plain = context.allocationStep(slot, device, { length });
  const argument = { ...plain.argument, ...(placement === undefined ? {} : { placement }) };
  const closing: Operation = {
    op: 'repeat',
    times: TRIES * longer,
    stop: 'success',
    body: [{ op: 'close', fd }],
  };
  const lead: Operation = {
    op: 'repeat',
    times: (LEADS[round % LEADS.length] ?? 0n) * longer,
    stop: 'never',
    body: [{ op: 'fcntl', fd: { slot: device.slot }, command: linux.F_GETFD }],
  };
  const racing: RacingThread[] = [
    { operations: [lead, { ...plain, argument }] },
    { operations: [closing] },
  ];
  const raced = await runTogether(context, racing, { seed: BigInt(round) });
  const race = { ...raced, overlapping: requestMet(raced) };
  const { history } = race;
  const request = history.threads[0]?.[2];
  const closed = (history.threads[1]?.[1]?.steps?.[0]?.succeeded ?? 0n) > 0n;
  // What nobody closed is ours to close, if there is anything.
  const left = !closed && (await context.subject.close({ fd })).ok;
  if (request === undefined) return race;
  const detail = `descriptor ${fd} was ${closed ? 'closed meanwhile' : 'not met in time'}`;
  sightings.add('result', { word: wordOf(request), detail });
  if (placement !== undefined && request.errno !== undefined && !closed) {
    const number = `number ${fd}, which no other thread closed, could ${left ? '' : 'not '}be closed`;
    sightings.add('number', { word: left ? 'left-behind' : 'gone', detail: number });
  }
  if (wordOf(request) !== 'ok' || placement !== undefined) return race;
  const told = readField(request.out, fieldOf(context.abi, 'length'));
  const given = readField(request.out, fieldOf(context.abi, 'descriptor'));
  const right = told === length && given === fd;
  const answer = `${detail}; the answer was number ${given} and ${told} bytes`;
  sightings.add('answer', { word: right ? 'right' : 'wrong', detail: answer });
  return race;
}

/** Whether the tries were under way during the request; what led up to it does not count. */
function requestMet({ history }: Race): boolean {
  const request = history.threads[0]?.[2];
  const [tries] = history.threads[1]?.[1]?.steps ?? [];
  if (request?.return === undefined || tries?.last.return === undefined) return false;
  return tries.first.call < request.return && request.call < tries.last.return;
}

/** Calls of a thread that uses a buffer, once its threads seldom run while another closes it. */
const USES = 16n;

/**
 * Threads map, synchronise and look at a buffer while two others close it. A free descriptor below
 * the buffer's takes what looking opens, so that no thread closes that by mistake. Where rounds go
 * by without a meeting, those that synchronise and look do so until the descriptor is closed.
 */
async function closeInUse(
  context: CaseContext,
  sightings: Sightings,
  { lengthening, rounds: round }: OverlapCount,
): Promise<Race> {
  const hole = await context.subject.dup({ fd: await context.device() });
  const buffer = await context.buffer();
  await context.subject.close({ fd: hole });
  await stamp(context, buffer, context.page, BYTE);
  const { fd } = buffer;
  const closing: Operation = { op: 'close', fd };
  const mapping: Operation = {
    op: 'mmap',
    slot: `met-${round}`,
    length: context.page,
    protection: linux.PROT_READ,
    flags: linux.MAP_SHARED,
    fd,
  };
  const address = { slot: `met-${round}` };
  const scan: Operation = { op: 'scan', address, length: context.page, bytes: pattern(BYTE) };
  const times = lengthening * USES;
  const more = (body: readonly Operation[]): readonly Operation[] =>
    lengthening === 1n ? [] : [{ op: 'repeat', times, stop: 'failure', body }];
  const using: readonly (readonly Operation[])[] = [
    [mapping, scan],
    [...more([syncing(fd)]), syncing(fd), syncing(fd)],
    [
      ...more([{ op: 'readlink', fd }]),
      { op: 'readlink', fd },
      { op: 'readfile', document: '/proc/self/fdinfo', fd },
    ],
  ];
  const racing = [[closing], [closing], ...using].map((operations) => ({ operations }));
  const race = await runTogether(context, racing, { seed: BigInt(round) });
  const { history } = race;
  const results = history.threads.map(([, ...rest]) => rest);
  const closes = results.slice(0, 2).filter(([one]) => one !== undefined && wordOf(one) === 'ok');
  const word = ['never', 'once', 'twice'][closes.length] ?? 'never';
  sightings.add('closes', {
    word,
    detail: `of two threads ${closes.length} closed the descriptor`,
  });
  const [[mapped, scanned] = [], ...others] = results.slice(2);
  const single = others.flat().map((one) => (one.steps === undefined ? one : one.steps[0]?.last));
  for (const result of [mapped, ...single]) {
    if (result === undefined) continue;
    sightings.add('calls', {
      word: wordOf(result),
      detail: 'on a descriptor that was being closed',
    });
  }
  if (mapped === undefined || scanned === undefined || wordOf(mapped) !== 'ok') return race;
  const whole = wordOf(scanned) === 'ok' && scanned.value === context.page;
  const detail = `a mapping that came in time showed ${scanned.value} of ${context.page} own bytes`;
  sightings.add('contents', { word: whole ? 'own-bytes' : 'other-bytes', detail });
  await context.runSteps(SUBJECT, [{ op: 'munmap', address, length: context.page }]);
  return race;
}

/** The beginning of a reading access. */
const syncing = (fd: Extract<Operation, { op: 'ioctl' }>['fd']): Operation => ({
  op: 'ioctl',
  fd,
  request: linux.DMA_BUF_IOCTL_SYNC,
  argument: { bytes: Uint8Array.of(Number(linux.DMA_BUF_SYNC_READ), 0, 0, 0, 0, 0, 0, 0) },
});
