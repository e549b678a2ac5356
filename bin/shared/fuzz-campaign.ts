import type { Adapter } from '../../adapters/contract/index.ts';
import { openTarget } from '../../adapters/open-target.ts';
import { printable } from '../../base/clean-text.ts';
import { counted } from '../../base/counted.ts';
import { AllocertError } from '../../base/errors.ts';
import { packageVersion } from '../../base/package-root.ts';
import { redact } from '../../base/redact.ts';
import { isSafeToReopen } from '../../base/safe-to-reopen.ts';
import { campaignExitCode } from '../../fuzz/campaign/exit-codes.ts';
import { CampaignProgress, figuresLine } from '../../fuzz/campaign/progress.ts';
import { runRecorded } from '../../fuzz/campaign/recorded-campaign.ts';
import { type FuzzRequest, SHRINK_BUDGET, workersFor } from '../../fuzz/campaign/request.ts';
import { causeText, groupsOf } from '../../fuzz/findings/groups.ts';
import { shareText } from '../../fuzz/findings/replay.ts';
import { scheduleOf } from '../../fuzz/findings/schedule.ts';
import { type Finding, isSameCause } from '../../fuzz/record/finding.ts';
import type { ResumeState } from '../../fuzz/record/resume-state.ts';
import type { CampaignWorker } from '../../fuzz/workers/campaign-worker.ts';
import { WorkerPool } from '../../fuzz/workers/worker-pool.ts';
import { wrap } from '../../reports/formats/layout.ts';
import { closeInTime } from './close-in-time.ts';
import { Interrupt } from './interrupt.ts';
import { LiveLine } from './live-line.ts';
import { complain, say, sayPainted, sayParagraphs, sayWrapped, styleOf } from './terminal.ts';

/** Lines of a schedule that are shown; the file has all of it. */
const SCHEDULE_LINES = 40;
const INDENT = ' '.repeat(6);

/** How a campaign is carried out, and what it goes on with. */
export interface ExecutionOptions {
  readonly before: ResumeState | undefined;
  readonly workers: number | undefined;
  readonly corpusFolder: string | undefined;
}

/** A pool of threads; undefined for one thread, which needs none. */
function poolFor(
  request: FuzzRequest,
  adapter: Adapter,
  given: number | undefined,
): CampaignWorker | undefined {
  const workers = workersFor(adapter, given);
  if (workers === 1) return undefined;
  const { budget, epochRounds, ...rest } = request;
  return new WorkerPool(new URL('../workers/fuzz-worker.js', import.meta.url).href, workers, {
    ...rest,
    version: packageVersion(),
    shrinkBudget: SHRINK_BUDGET,
    shared: adapter.independent !== true,
  });
}

/**
 * Runs a campaign and prints what it does.
 *
 * @returns the exit code: 0 nothing found, 1 findings, 3 not complete
 */
export async function runFuzzCampaign(
  request: FuzzRequest,
  directory: string,
  execution: ExecutionOptions,
): Promise<number> {
  const { before, corpusFolder, workers } = execution;
  const adapter = await openTarget(request.target);
  const pool = poolFor(request, adapter, workers);
  const interrupt = new Interrupt('round');
  const findingsBefore = before?.findings.length ?? 0;
  const kept: Finding[] = [];
  const progress = new CampaignProgress({
    rounds: before?.done.size ?? 0,
    findings: findingsBefore,
  });
  const live = new LiveLine(() => figuresLine(progress.take()));
  const seed = `seed 0x${request.seed.toString(16)}`;
  sayWrapped(`${seed} on ${redact(request.target)}, campaign in ${directory}`);
  try {
    const end = await runRecorded({
      ...request,
      ...{ adapter, before, corpusFolder, directory },
      version: packageVersion(),
      shrinkBudget: SHRINK_BUDGET,
      signal: interrupt.signal,
      ...(pool === undefined ? {} : { worker: pool }),
      onWarning: complain,
      onSuspect: (index, why) => complain(`round ${index} killed its worker, also alone: ${why}`),
      onMinimize: ({ requirement }) => progress.minimizes(requirement),
      onFinding: (finding, file) => {
        const same = kept.find((one) => isSameCause(one.cause, finding.cause));
        kept.push(finding);
        progress.finding();
        sayPainted(...linesOf(finding, same));
        if (file !== undefined) say(`      ${directory}/${file}`);
      },
      onRoundDone: (round, sight) => progress.round(round, sight),
    });
    const total = findingsBefore + end.findings;
    sayWrapped(figuresLine(progress.take()));
    const place = end.lost ? 'there is no report' : `the report is ${directory}/report.html`;
    const causes = groupsOf(kept).length + findingsBefore;
    const many = causes === total ? '' : ` of at most ${counted(causes, 'cause')}`;
    const done = `${counted(end.rounds, 'round')}, ${counted(end.operations, 'operation')} now`;
    sayParagraphs({ first: '', text: `${done}, ${counted(total, 'finding')}${many}; ${place}` });
    if (end.lost) complain(`${directory} was deleted: the campaign in it is lost`);
    if (end.dropped > 0) {
      const many = `${end.dropped} more violations are of rules with 16 findings each`;
      complain(`${many}, and were only counted; mend what was found, then run again`);
    }
    if (end.reason !== '') {
      const more = end.lost ? '' : `; go on with: ${goingOn(request, corpusFolder, directory)}`;
      complain(`${end.reason}${more}`);
    }
    return interrupt.received?.exitCode ?? campaignExitCode(total, end.reason);
  } catch (thrown) {
    // What was found was observed, whatever ended the campaign.
    if (!(thrown instanceof AllocertError) || kept.length === 0) throw thrown;
    complain(thrown.message);
    return campaignExitCode(kept.length, '');
  } finally {
    live.stop();
    interrupt.dispose();
    await closeInTime(adapter);
  }
}

/** The command that goes on with a campaign; what only its files name is typed again. */
function goingOn(request: FuzzRequest, corpus: string | undefined, directory: string): string {
  const target = redact(request.target);
  const words = [
    ...['allocert', 'fuzz', ...(isSafeToReopen(target) ? [] : [target]), '--resume'],
    ...(corpus === undefined ? [] : ['--corpus', corpus]),
    ...['--out', directory],
  ];
  return words.join(' ');
}

/** @param same an earlier finding of the same cause, whose schedule was shown */
function linesOf(finding: Finding, same: Finding | undefined): string[] {
  const { faces = [], reproduced } = finding;
  const share =
    reproduced === undefined
      ? ''
      : ` (${shareText({ ...reproduced, certain: finding.facts.kind === 'sim' })})`;
  const { columns, paint } = styleOf();
  const [title = '', ...rest] = wrap(
    '',
    `FOUND ${finding.requirement} ${finding.kind}${share}`,
    columns,
  );
  const head = [paint('red', title), ...rest, ...wrap(INDENT, finding.detail, columns)];
  if (same?.cause !== undefined) {
    const cause = `the same cause as ${same.requirement} ${same.kind}: ${causeText(same.cause)}`;
    return [...head, ...wrap(INDENT, cause, columns)];
  }
  const lines = scheduleOf(finding, columns - INDENT.length);
  return [
    ...head,
    ...faces.flatMap((face) => wrap(INDENT, `also shows as ${face}`, columns)),
    ...lines.slice(0, SCHEDULE_LINES).map((line) => printable(`${INDENT}${line}`)),
  ];
}
