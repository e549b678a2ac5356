import type { History } from '../../adapters/contract/index.ts';
import { type Profile, requirementOf } from '../../catalogue/catalogue.ts';
import type { FrameRange } from '../../oracles/index.ts';
import {
  accounting,
  answers,
  areas,
  buffersOf,
  capacity,
  content,
  descriptors,
  devicesIn,
  errors,
  exclusion,
  type HeldBuffer,
  inheritance,
  injectedErrnos,
  justifiedFailure,
  layout,
  numbers,
  type Room,
  sequential,
  snapshot,
  survival,
  type Timeline,
  timelineOf,
  unwritten,
  type Violation,
} from '../../oracles/index.ts';
import type { GeneratorContext, Scenario } from '../generate/scenario.ts';
import { predictor, unlessInjected } from './predict.ts';

/** Rules for conclusions about a target: what binds there, and what is certain. */
export interface JudgingRules {
  readonly profile: Profile;
  /** Set where the region is ours alone and never fails by chance. */
  readonly room?: Room;
  /** Set where the region is bounded and ours alone, and no gauge tells what is free. */
  readonly alone?: true;
  /** Set where the gauge counts the region's pages and nothing else. */
  readonly gauge?: string;
  /** Page frames of regions, by name, where they are told and buffers lie in one piece. */
  readonly frames?: ReadonlyMap<string, readonly FrameRange[]>;
  /** Set where copies from and to programs fail as well where something is made to fail. */
  readonly copiesFail?: true;
}

/** The results of a scenario, as oracles read them. */
export interface Reading {
  readonly timeline: Timeline;
  readonly buffers: readonly HeldBuffer[];
}

/** Puts a scenario and what came back of it together. */
export function readingOf(
  { abi, page }: GeneratorContext,
  { programs }: Scenario,
  histories: readonly History[],
): Reading {
  const timeline = timelineOf(programs, histories);
  return { timeline, buffers: buffersOf(timeline, abi, page) };
}

/** Everything that a scenario proves to be broken, one violation for each signature. */
export function judgeScenario(
  context: GeneratorContext,
  rules: JudgingRules,
  scenario: Scenario,
  histories: readonly History[],
  { buffers, timeline } = readingOf(context, scenario, histories),
): Violation[] {
  const { abi, page, region } = context;
  const deviceOf = devicesIn(timeline);
  const injected = injectedErrnos(timeline, rules.copiesFail === true);
  const predict = unlessInjected(predictor(abi, rules.profile, region.sizeBytes), injected);
  const found = [
    ...exclusion(timeline, buffers),
    ...content(timeline, buffers),
    ...descriptors(timeline, buffers),
    ...numbers(timeline, abi),
    ...inheritance(timeline, buffers),
    ...unwritten(timeline, buffers),
    ...answers(timeline, abi, page),
    ...sequential(timeline, {
      abi,
      page,
      exact: rules.room !== undefined && rules.room.careful !== true,
      injected,
    }),
    ...snapshot(timeline, buffers, abi, page),
    ...(rules.frames === undefined ? [] : layout(timeline, buffers, rules.frames)),
    ...(rules.room === undefined ? [] : justifiedFailure(timeline, buffers, abi, rules.room)),
    ...errors(timeline, (event) => (deviceOf(event) === undefined ? undefined : predict(event))),
    ...(rules.gauge === undefined ? [] : accounting(timeline, buffers, rules.gauge)),
    ...(context.countsAreas === true ? areas(timeline) : []),
    ...(rules.alone === true ? capacity(timeline, abi, page) : []),
    ...survival(timeline, histories),
  ].filter(({ requirement }) => isPromised(rules.profile, requirement));
  return [
    ...new Map(found.toReversed().map((one) => [signatureOf(one), one])).values(),
  ].toReversed();
}

/** Whether a profile promises what a rule says, and its implementations are not known to differ. */
export const isPromised = (profile: Profile, requirement: string): boolean =>
  profile.authorities.includes(requirementOf(requirement).authority) &&
  profile.known.every((one) => one.requirement !== requirement);

/** The signature of a violation: two violations of the same one are the same finding. */
export const signatureOf = ({ oracle, requirement, kind }: Violation): string =>
  `${oracle} ${requirement}: ${kind}`;
