import type { Program } from '../../adapters/contract/index.ts';
import { abiNamed, catalogue, profileNamed } from '../../catalogue/catalogue.ts';
import {
  buffersOf,
  type Event,
  type HeldBuffer,
  lifetimesOf,
  tenanciesOf,
  timelineOf,
} from '../../oracles/index.ts';
import type {
  FrameRun,
  FuzzBuffer,
  FuzzPicture,
  FuzzStep,
} from '../../reports/formats/html/fuzz-picture.ts';
import { operationsIn } from '../generate/scenario.ts';
import { expectedBy } from '../judge/expected.ts';
import { type Finding, recordedRun } from '../record/finding.ts';
import { withNames } from './named.ts';
import { brokenStep, headsOf, wordsOfFinding } from './schedule.ts';
import type { ScheduleWords } from './schedule-words.ts';
import { againText } from './stored-target.ts';

/** Where a finding's files lie, by name. */
export interface FindingFiles {
  readonly file: string;
  readonly reproducer?: string;
}

/**
 * Everything that a report draws of a finding: its buffers with pages and lifetimes as the oracles
 * see them, and the smallest schedule.
 *
 * @throws {@link AllocertError} (usage) when the profile of the finding is not known
 */
export function pictureOf(finding: Finding, files: FindingFiles): FuzzPicture {
  const { detail, facts, histories, kind, mode, oracle, origin, requirement, signature } =
    withNames(finding);
  const words = wordsOfFinding(finding);
  const { programs } = recordedRun(finding);
  const rule = catalogue().requirements.find(({ id }) => id === requirement);
  const { faces = [], reproduced } = finding;
  return {
    faces,
    ...{ signature, kind, detail, oracle, mode, round: origin.round },
    expected: expectedBy(oracle),
    rule: rule ?? { id: requirement },
    ...(reproduced === undefined || reproduced.of === 0 ? {} : { reproduced }),
    operationsFound: operationsIn({ mode, programs: finding.programs }),
    ...files,
    again: againText(files.file, finding.target),
    pageSize: facts.pageSize,
    buffers: buffersIn(finding, programs, words),
    schedule: stepsOf(finding, programs, words),
    log: [...histories.flatMap(({ log }) => log), ...(finding.log ?? [])],
  };
}

function stepsOf(finding: Finding, programs: readonly Program[], words: ScheduleWords): FuzzStep[] {
  const { histories } = finding;
  const last = brokenStep(finding);
  return programs.flatMap((one, program) =>
    one.threads.flatMap(({ operations }, thread) =>
      operations.map((operation, index): FuzzStep => {
        const result = histories[program]?.threads[thread]?.[index];
        const ran = result?.outcome === 'not-run' ? undefined : result;
        const isBroken =
          last?.program === program && last.thread === thread && last.index === index;
        return {
          ...{ program, thread, client: headsOf(one)[thread] ?? '', operation, result: ran },
          ...words.of(operation, ran),
          ...(isBroken ? { broken: true } : {}),
        };
      }),
    ),
  );
}

function buffersIn(
  finding: Finding,
  programs: readonly Program[],
  words: ScheduleWords,
): FuzzBuffer[] {
  const abi = abiNamed(profileNamed(finding.profile).abi);
  const page = BigInt(finding.facts.pageSize);
  const timeline = timelineOf(programs, finding.histories);
  const held = buffersOf(timeline, abi, page);
  const told = new Map<HeldBuffer, bigint[]>();
  for (const { buffer, frames } of tenanciesOf(timeline, held)) {
    told.set(buffer, [...(told.get(buffer) ?? []), ...frames]);
  }
  return held.map((buffer, index) => ({
    name: words.nameOf(buffer.allocation.operation) ?? `buffer ${index + 1}`,
    made: placeOf(buffer.allocation, programs),
    pages: Number(buffer.leastBytes / page),
    lives: lifetimesOf(buffer),
    frames: runsOf(told.get(buffer) ?? []),
    holdings: buffer.references.map(({ client, from, kind, until, value }) => {
      return { client, from, kind, until, value };
    }),
  }));
}

/** Place of an event in the schedule, which lists all operations thread by thread. */
function placeOf({ program, thread, index }: Event, programs: readonly Program[]): number {
  const before = programs.flatMap(({ threads }, number) =>
    threads.filter((_, at) => number < program || (number === program && at < thread)),
  );
  return before.reduce((sum, { operations }) => sum + operations.length, index);
}

/** Frames as runs, each frame once, in their order. */
function runsOf(frames: readonly bigint[]): FrameRun[] {
  const sorted = [...new Set(frames)].toSorted((a, b) => (a < b ? -1 : 1));
  const runs: { first: bigint; count: number }[] = [];
  for (const frame of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && last.first + BigInt(last.count) === frame) last.count += 1;
    else runs.push({ first: frame, count: 1 });
  }
  return runs;
}
