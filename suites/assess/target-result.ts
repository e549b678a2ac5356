import { type Adapter, AllocertError, usageError } from '../../adapters/contract/index.ts';
import { redact } from '../../base/redact.ts';
import type { RunStart } from '../../reports/record/journal-lines.ts';
import type { Verdict } from '../../reports/record/record.ts';
import { type Status, worse } from '../../reports/record/status.ts';
import type { RunListener } from '../run/run-listener.ts';
import { runSuites } from '../run/runner.ts';

/** The outcome of one requirement on one target, in the profile that decided. */
export interface RequirementOutcome {
  readonly requirement: string;
  /** The worst of all cases. */
  readonly status: Status;
  readonly expected: readonly string[];
  /** Words of the cases that gave that status. */
  readonly observed: readonly string[];
  readonly reason: string;
  /** Cases that gave that status. */
  readonly cases: readonly string[];
}

/** The result of a whole run on a target, without its evidence. Plain data: it crosses threads. */
export interface TargetResult {
  /** The URL as typed, without secrets. */
  readonly target: string;
  /** The implementation of the allocator; empty when the target never answered. */
  readonly implementation: string;
  readonly abi: string;
  /** Of its kernel, such as `kasan`; none where it tells none. */
  readonly instruments: readonly string[];
  /** The profile that decided; empty when the target never answered. */
  readonly profile: string;
  /** Why the run says nothing, or not everything, in a sentence; empty when it is complete. */
  readonly problem: string;
  readonly requirements: readonly RequirementOutcome[];
}

/** A requirement's verdict together with the case that gave it. */
export interface CaseVerdict extends Verdict {
  readonly case: string;
}

/** How {@link assessTarget} departs from its defaults. */
export interface AssessmentOptions {
  /** The profile that decides; the target's ABI has a default. */
  readonly profile?: string;
  /** Ids of requirements or cases; all when empty or left out. */
  readonly only?: readonly string[];
  /** Called for each case. */
  readonly listener?: RunListener;
  /** Stops the run between two cases. */
  readonly signal?: AbortSignal;
  /** Asked after each case: whether no other is to run. */
  readonly shouldStop?: () => boolean;
}

/**
 * Runs the suites on a target and keeps the outcome of each requirement. A target that cannot be
 * started, or that is lost on the way, is a result with a problem and not an error.
 *
 * @param adapter closed at the end
 */
export async function assessTarget(
  adapter: Adapter,
  { profile, only = [], listener = {}, ...stop }: AssessmentOptions = {},
): Promise<TargetResult> {
  const verdicts: CaseVerdict[] = [];
  const seen: { start?: RunStart } = {};
  let problem = '';
  try {
    const end = await runSuites({
      adapter,
      only,
      ...stop,
      ...(profile === undefined ? {} : { profile }),
      onStart: (line) => {
        seen.start = line;
        listener.onStart?.(line);
      },
      onCaseStart: (line) => listener.onCaseStart?.(line),
      onCaseEnd: (line) => {
        verdicts.push(...line.verdicts.map((verdict) => ({ ...verdict, case: line.case })));
        listener.onCaseEnd?.(line);
      },
      onNotice: () => {},
    });
    problem = end.reason;
  } catch (thrown) {
    if (!(thrown instanceof AllocertError)) throw thrown;
    problem = thrown.message;
  } finally {
    const late = await problemOfClosing(adapter);
    if (problem === '') problem = late;
  }
  return {
    ...factsOf(adapter.url, seen.start),
    problem: redact(problem),
    requirements: worstOf(seen.start, verdicts),
  };
}

/** What was observed holds, but a target that cannot be stopped is not all right. */
async function problemOfClosing(adapter: Adapter): Promise<string> {
  try {
    await adapter.close();
    return '';
  } catch (thrown) {
    if (thrown instanceof AllocertError) return thrown.message;
    throw thrown;
  }
}

/**
 * The result of a target that could not be opened.
 *
 * @param target its URL
 * @param problem why, in a sentence
 */
export const unopenedTarget = (target: string, problem: string): TargetResult => ({
  ...factsOf(target, undefined),
  problem: redact(problem),
  requirements: [],
});

/**
 * A target that this machine cannot open is a result that says why; a URL typed wrong stops all.
 *
 * @param open opens the target
 * @throws {@link AllocertError} (usage) for a URL that names nothing
 */
export async function openOrUnopened(
  target: string,
  open: (target: string) => Promise<Adapter>,
): Promise<Adapter | TargetResult> {
  if (target.trim() === '') throw usageError('a target is empty; give a URL such as sim:');
  try {
    return await open(target);
  } catch (thrown) {
    if (!(thrown instanceof AllocertError) || thrown.blame === 'usage') throw thrown;
    return unopenedTarget(target, thrown.message);
  }
}

function factsOf(
  target: string,
  start: RunStart | undefined,
): Pick<TargetResult, 'target' | 'implementation' | 'abi' | 'instruments' | 'profile'> {
  const profile = start?.profile ?? '';
  const abi = start?.profiles.find(({ name }) => name === profile)?.abi ?? '';
  return {
    target: redact(target),
    implementation: start?.facts.implementation ?? '',
    abi,
    instruments: (start?.facts.details.instruments ?? '').split(','),
    profile,
  };
}

function worstOf(
  start: RunStart | undefined,
  verdicts: readonly CaseVerdict[],
): readonly RequirementOutcome[] {
  const mine = verdicts.filter(({ profile }) => profile === start?.profile);
  const ids = [...new Set(mine.map(({ requirement }) => requirement))];
  return ids.map((id) => combineVerdicts(mine.filter(({ requirement }) => requirement === id)));
}

/**
 * The result of a requirement from all verdicts on it.
 *
 * @param verdicts at least one, all of the same requirement and profile
 */
export function combineVerdicts(verdicts: readonly CaseVerdict[]): RequirementOutcome {
  const status = verdicts.map((one) => one.status).reduce(worse);
  const telling = verdicts.filter((one) => one.status === status);
  return {
    requirement: verdicts[0]?.requirement ?? '',
    status,
    expected: [...new Set(telling.flatMap(({ expected }) => expected))],
    observed: [...new Set(telling.flatMap(({ observed }) => observed))],
    reason: telling[0]?.reason ?? '',
    cases: [...new Set(telling.map((one) => one.case))],
  };
}
