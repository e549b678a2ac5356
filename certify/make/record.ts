import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter } from '../../adapters/contract/index.ts';
import { AllocertError, machineError } from '../../base/errors.ts';
import { packageVersion } from '../../base/package-root.ts';
import { redactorOf } from '../../base/redact.ts';
import { type RecordedEnd, runRecorded } from '../../fuzz/campaign/recorded-campaign.ts';
import { SHRINK_BUDGET } from '../../fuzz/campaign/request.ts';
import { entering } from '../../reports/journal/cut-text.ts';
import { writeReports } from '../../reports/write.ts';
import { journaledRun, type StopRequest } from '../../suites/run/journaled-run.ts';
import type { RunListener } from '../../suites/run/run-listener.ts';
import { type CertificationPlan, caseOrder, sampledRounds } from '../plan/plan.ts';
import type { PlanTerms } from '../plan/terms.ts';
import { SampledRounds } from './sampled-rounds.ts';

/** Folders of a recording. */
export const RECORDING = { runs: 'runs', fuzz: 'fuzz' } as const;

/** A certification to be carried out. */
export interface RecordingRequest {
  /** Opens the target for one part of the plan; the part closes it. */
  readonly openTarget: () => Promise<Adapter>;
  readonly profile: string;
  readonly plan: CertificationPlan;
  readonly terms: PlanTerms;
  /** An empty folder. */
  readonly directory: string;
  /** Where this runs, see reports/record/environment.ts. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Those who look on. */
export interface RecordingListener extends RunListener {
  /** A part begins, such as `run 2 of 3`. */
  readonly onPart?: (part: string) => void;
  readonly onRound?: (done: number, of: number) => void;
  readonly onWarning?: (sentence: string) => void;
}

/**
 * Carries a plan out: the runs, each on a target opened anew, and then the campaign.
 *
 * @throws {@link AllocertError} when the target cannot be reached, or the whole was interrupted
 */
export async function recordForCertificate(
  request: RecordingRequest,
  stop: StopRequest,
  listener: RecordingListener = {},
): Promise<void> {
  const { plan, directory } = request;
  for (const [at, seed] of plan.runs.entries()) {
    listener.onPart?.(`run ${at + 1} of ${plan.runs.length}`);
    const folder = join(directory, RECORDING.runs, String(at + 1));
    mkdirSync(folder, { recursive: true });
    await closing(request, (adapter) =>
      recordRun({ ...request, adapter, seed, folder }, stop, listener),
    );
  }
  listener.onPart?.('the campaign');
  await closing(request, (adapter) => recordCampaign({ ...request, adapter }, stop, listener));
}

async function closing<T>(
  { openTarget }: RecordingRequest,
  work: (adapter: Adapter) => Promise<T>,
): Promise<T> {
  const adapter = await openTarget();
  try {
    return await work(adapter);
  } finally {
    await adapter.close();
  }
}

interface RunRequest extends RecordingRequest {
  readonly adapter: Adapter;
  readonly seed: string;
  readonly folder: string;
}

async function recordRun(
  { adapter, environment, folder, profile, seed, terms }: RunRequest,
  stop: StopRequest,
  listener: RunListener,
): Promise<void> {
  const run = {
    ...{ adapter, profile, environment, directory: folder, only: terms.only },
    ...{ shard: undefined, retries: 0, gate: undefined, seed: BigInt(seed) },
    order: (ids: readonly string[]) => caseOrder(seed, ids),
  };
  const { failure } = await journaledRun(run, stop, listener);
  if (failure !== undefined) throw failure;
  refuseInterrupted(stop);
  const record = writeReports(folder);
  if (record.complete) return;
  throw machineError(
    `the run did not come to its end, so there is no certificate: ${record.incompleteReason}`,
  );
}

async function recordCampaign(
  { adapter, directory, plan, profile, terms }: RecordingRequest & { readonly adapter: Adapter },
  stop: StopRequest,
  listener: RecordingListener,
): Promise<RecordedEnd> {
  const folder = join(directory, RECORDING.fuzz);
  const hide = entering(redactorOf(adapter.url));
  const { rounds, seed } = plan.fuzz;
  const budget = { rounds, operations: undefined, milliseconds: undefined };
  const sample: SampledRounds[] = [];
  let done = 0;
  const end = await runRecorded({
    ...{ adapter, budget, directory: folder, profile, before: undefined, modes: [] },
    corpusFolder: undefined,
    version: packageVersion(),
    seed: BigInt(seed),
    memoryLimit: terms.memoryLimit,
    // One epoch: no round is made of what another one brought, so each follows from its number.
    epochRounds: rounds,
    shrinkBudget: SHRINK_BUDGET,
    signal: stop.signal,
    onStart: () => {
      sample.push(new SampledRounds(folder, sampledRounds(plan), terms.sampleBytesMax, hide));
    },
    onRoundRun: (index, round) => sample[0]?.add(index, round),
    onRoundDone: () => {
      done += 1;
      listener.onRound?.(done, rounds);
    },
    onWarning: (sentence) => listener.onWarning?.(sentence),
  });
  refuseInterrupted(stop);
  return end;
}

function refuseInterrupted({ failure, received }: StopRequest): void {
  if (received !== undefined) {
    throw new AllocertError('machine', `interrupted by ${received.name}: there is no certificate`);
  }
  if (failure !== undefined) throw machineError(`${failure}; there is no certificate`);
}

/** Removes a recording that was made in passing. */
export const removeRecording = (directory: string): void =>
  rmSync(directory, { recursive: true, force: true });
