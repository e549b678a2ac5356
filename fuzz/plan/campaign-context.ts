import {
  copiesFail,
  machineError,
  type TargetFacts,
  usageError,
} from '../../adapters/contract/index.ts';
import { abiNamed, type Profile, profileNamed, profilesOf } from '../../catalogue/catalogue.ts';
import { profileOn } from '../../catalogue/known.ts';
import { type FrameRange, frameRangesOf } from '../../oracles/index.ts';
import { ALL, ordinaryModes } from '../generate/mode-selection.ts';
import { modesFor, type ScenarioMode } from '../generate/modes.ts';
import { type GeneratorContext, generatorContext } from '../generate/scenario.ts';
import type { JudgingRules } from '../judge/judge-scenario.ts';

/** Choices that a campaign has on a target. */
export interface ContextOptions {
  /** Names of modes; all that repeat exactly and that the target can run when empty. */
  readonly modes: readonly string[];
  /** Bytes that the live buffers of a scenario may have together. */
  readonly memoryLimit: bigint;
  /** The profile that predicts errors; the one of the target's ABI when left out. */
  readonly profile?: string | undefined;
  /** Whether deviations that the profile knows of count as findings too. */
  readonly strict?: boolean | undefined;
  /** Whether other workers use the same target, so that its memory is not this one's alone. */
  readonly shared?: boolean;
}

/** Everything that is the same for all rounds of a campaign. */
export interface CampaignContext {
  readonly facts: TargetFacts;
  readonly generator: GeneratorContext;
  readonly modes: readonly ScenarioMode[];
  readonly rules: JudgingRules;
}

/**
 * The context of all rounds on a target.
 *
 * @throws {@link AllocertError} for a mode that it cannot run, and for an unknown ABI
 */
export function campaignContext(facts: TargetFacts, options: ContextOptions): CampaignContext {
  const [region] = facts.regions;
  if (region === undefined) throw machineError('the target has no region');
  const release = facts.kernel?.release;
  const known = profileOn(profileFor(region.abi, options.profile), { release, fixed: [] });
  const profile = options.strict === true ? { ...known, known: [] } : known;
  const generator = generatorContext(facts, region, abiNamed(profile.abi), options.memoryLimit);
  const able = modesFor(generator);
  const wanted = ordinaryModes(options.modes);
  const unknown = wanted.find((name) => !able.some((mode) => mode.name === name));
  if (unknown !== undefined) {
    const names = able.map(({ name }) => name).join(', ');
    throw usageError(`there is no mode "${unknown}" on this target; it has ${names}`);
  }
  const usual = options.modes.includes(ALL)
    ? able
    : able.filter((mode) => mode.onlyByName !== true);
  const modes = wanted.length === 0 ? usual : able.filter(({ name }) => wanted.includes(name));
  return {
    facts,
    generator,
    modes,
    rules: {
      ...rulesFor(facts, generator, profile, options.shared === true),
      ...(copiesFail(facts) ? { copiesFail: true } : {}),
    },
  };
}

function profileFor(abi: Profile['abi'] | undefined, name: string | undefined): Profile {
  if (name !== undefined) return profileNamed(name);
  if (abi === undefined) {
    throw usageError('the target does not say which ABI the target speaks; name a --profile');
  }
  const profiles = profilesOf(abi);
  const profile = profiles.find((one) => one.default === true) ?? profiles[0];
  if (profile === undefined) throw usageError(`the ABI ${abi} has no profile`);
  return profile;
}

/** The largest order that a simulated allocator aligns buffers to, unless told otherwise. */
const ORDER_MAX = 10;

/**
 * On a real kernel a page may fail to move and others use the counters; only where the region is
 * ours alone may memory be counted, and only where nothing fails by chance may room be claimed.
 */
function rulesFor(
  facts: TargetFacts,
  generator: GeneratorContext,
  profile: Profile,
  shared: boolean,
): JudgingRules {
  const { others, page, region } = generator;
  if (region.sizeBytes === undefined) return { profile };
  const regions = new Map(
    [region, ...others].map(({ name, sizeBytes = 0n }) => [name, sizeBytes / page]),
  );
  if (facts.kind !== 'sim') {
    // A kernel's region has a gauge, which is the system's. What has none is a target's own memory,
    // and each thread has a module of its own.
    const alone = region.bounded && region.gauge === undefined;
    if (!alone || (shared && facts.kind !== 'module')) return { profile };
    return { profile, alone, room: { regions, page, orderMax: ORDER_MAX, careful: true } };
  }
  const lucky = facts.details.transient === undefined;
  return {
    profile,
    frames: framesOf(facts),
    ...(lucky ? { room: { regions, page, orderMax: ORDER_MAX } } : {}),
    ...(region.gauge === undefined ? {} : { gauge: region.gauge }),
  };
}

/** Where regions lie, as far as the target tells it. */
const framesOf = (facts: TargetFacts): ReadonlyMap<string, readonly FrameRange[]> =>
  new Map(
    facts.regions.flatMap((region) => {
      const ranges = frameRangesOf(facts, region);
      return ranges === undefined ? [] : [[region.name, ranges] as const];
    }),
  );
