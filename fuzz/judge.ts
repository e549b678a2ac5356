import type { History } from '../adapters/contract/index.ts';
import type { Profile } from '../suites/catalogue.ts';
import {
  accounting,
  buffersOf,
  content,
  descriptors,
  errors,
  exclusion,
  type HeldBuffer,
  justifiedFailure,
  numbers,
  type Room,
  snapshot,
  survival,
  type Timeline,
  timelineOf,
  type Violation,
} from '../suites/oracles/index.ts';
import { predictor } from './predict.ts';
import type { Scenario, World } from './scenario.ts';

/** What may be concluded on this target. */
export interface Rules {
  readonly profile: Profile;
  /** Set where the region is ours alone and never fails by chance. */
  readonly room?: Room;
  /** Set where the gauge counts the region's pages and nothing else. */
  readonly gauge?: string;
}

/** What came back of a scenario, as oracles read it. */
export interface Reading {
  readonly timeline: Timeline;
  readonly buffers: readonly HeldBuffer[];
}

/** Puts a scenario and what came back of it together. */
export function readingOf(
  { abi, page }: World,
  { programs }: Scenario,
  histories: readonly History[],
): Reading {
  const timeline = timelineOf(programs, histories);
  return { timeline, buffers: buffersOf(timeline, abi, page) };
}

/** Everything that a scenario proves to be broken, one violation for each signature. */
export function judge(
  world: World,
  rules: Rules,
  scenario: Scenario,
  histories: readonly History[],
  { buffers, timeline } = readingOf(world, scenario, histories),
): Violation[] {
  const { abi, page, region } = world;
  const found = [
    ...exclusion(timeline, buffers),
    ...content(timeline, buffers),
    ...descriptors(timeline, buffers),
    ...numbers(timeline, abi),
    ...snapshot(timeline, buffers, abi, page),
    ...(rules.room === undefined ? [] : justifiedFailure(timeline, buffers, abi, rules.room)),
    ...errors(timeline, predictor(abi, rules.profile, region.sizeBytes)),
    ...(rules.gauge === undefined ? [] : accounting(timeline, rules.gauge)),
    ...survival(timeline, histories),
  ].filter(({ requirement }) =>
    rules.profile.known.every((one) => one.requirement !== requirement),
  );
  return [
    ...new Map(found.toReversed().map((one) => [signatureOf(one), one])).values(),
  ].toReversed();
}

/** What makes two violations the same finding. */
export const signatureOf = ({ oracle, requirement, kind }: Violation): string =>
  `${oracle} ${requirement}: ${kind}`;
