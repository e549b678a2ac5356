import {
  type Operation,
  type Result,
  type Transcript,
  type TranscriptEntry,
  wordOf,
} from '../../../adapters/contract/index.ts';
import type { RecordedCase, RunRecord } from '../../record/record.ts';
import { anchor, html, type Markup } from './escape.ts';
import { kernelLog } from './kernel-log.ts';
import { describeAnswer, describeOperation } from './operation-text.ts';
import { durationText } from './parts.ts';
import { requestTables } from './requests.ts';
import { ruleAnchor } from './rule-anchor.ts';
import { badge } from './status.ts';

/** Operations of a case that are shown; evidence.ndjson has all of them. */
const STEPS_MAX = 120;

interface Step {
  readonly client: string;
  readonly operation: Operation;
  readonly result: Result | undefined;
  readonly note: string;
}

const QUIET: readonly string[] = ['pass', 'skip', 'info'];

/** Whether the page shows what a case did: it ran, and something in it did not pass. */
export function hasEvidence({ profile }: RunRecord, one: RecordedCase): boolean {
  if (one.evidence === '') return false;
  if (one.end === 'crash' || one.end === 'hang' || one.end === 'inconclusive') return true;
  return one.verdicts.some(
    (verdict) => verdict.profile === profile && !QUIET.includes(verdict.status),
  );
}

/** The operations of one case, and their results. */
export function caseEvidence(
  record: RunRecord,
  one: RecordedCase,
  transcript: Transcript | undefined,
): Markup {
  const entries = transcript?.entries ?? [];
  const steps = entries.flatMap(stepsOf);
  const left = steps.length - STEPS_MAX;
  // The end of a case is where it was judged, so the middle is what is left out.
  const shown =
    left > 0 ? [...steps.slice(0, STEPS_MAX / 2), ...steps.slice(-STEPS_MAX / 2)] : steps;
  const cut = left > 0 ? `${left} operations in the middle are only in evidence.ndjson.` : '';
  const log = entries.flatMap((entry) => (entry.kind === 'run' ? entry.history.log : entry.log));
  const deaths = entries.flatMap((entry) => (entry.kind === 'death' ? [entry] : []));
  return html`<details class="case" id="${anchor('c', one.id)}"><summary><b>${one.id}</b>
${one.title} <span class="took">${durationText(one.durationMs)}</span></summary><div class="inside">
${brokenRules(record, one)}
${deaths.map(({ manner, message }) => html`<p class="bad">${manner}: ${message}</p>`)}
${kernelLog(log)}
${requestTables(shown)}<h3>Operations</h3>${cut === '' ? '' : html`<p class="quiet">${cut}</p>`}
${timeline(shown)}<p class="quiet">SHA-256 of the evidence: <code>${one.evidence}</code></p>
</div></details>\n`;
}

/** What did not pass in the case, each with a link to its rule. */
function brokenRules({ profile }: RunRecord, { verdicts }: RecordedCase): Markup {
  const items = verdicts
    .filter((verdict) => verdict.profile === profile && !QUIET.includes(verdict.status))
    .map(
      ({ reason, requirement, status }) =>
        html`<li>${badge(status)} <a href="#${ruleAnchor(requirement)}">${requirement}</a> ${reason}</li>`,
    );
  return items.length === 0 ? html`` : html`<ul class="changes">${items}</ul>`;
}

function stepsOf(entry: TranscriptEntry): Step[] {
  return entry.program.threads.flatMap(({ client, operations }, thread) =>
    operations.flatMap((operation, index) => {
      const result = entry.kind === 'run' ? entry.history.threads[thread]?.[index] : undefined;
      return flattened({ client, operation, result, note: '' });
    }),
  );
}

/** A repetition, and under it what each operation of its body did the last time. */
function flattened(step: Step): Step[] {
  const { operation, result, client } = step;
  if (operation.op !== 'repeat') return [step];
  const body = operation.body.flatMap((inner, index) => {
    const did = result?.steps?.[index];
    const counts = did === undefined ? '' : `${did.succeeded} ok, ${did.failed} failed; the last:`;
    return flattened({ client, operation: inner, result: did?.last, note: counts });
  });
  return [step, ...body];
}

/** What never began has no time: counted, its zero would shrink all others to a point. */
const timed = (result: Result | undefined): result is Result =>
  result !== undefined && result.outcome !== 'not-run';

function timeline(steps: readonly Step[]): Markup {
  const ran = steps.flatMap(({ result }) => (timed(result) ? [result] : []));
  const least = (one: bigint, other: bigint): bigint => (other < one ? other : one);
  const begin = ran.map(({ call }) => call).reduce(least, ran[0]?.call ?? 0n);
  const ends = ran.map((result) => result.return ?? result.call);
  const end = ends.reduce((most, at) => (at > most ? at : most), begin + 1n);
  const rows = steps.map(({ client, operation, result, note }, index) => {
    const odd = result === undefined || wordOf(result) !== 'ok';
    const at = timed(result) ? `${Number(result.call - begin) / 1000}` : '';
    return html`<tr><td>${index + 1}</td><td>${client}</td>
<td><code>${describeOperation(operation)}</code></td>
<td class="${odd ? 'odd' : ''}">${note} ${describeAnswer(result)}</td><td>${at}</td>
<td>${timed(result) ? bar(result, begin, end) : ''}</td></tr>`;
  });
  const whole = Number(end - begin) / 1000;
  return html`<div class="scroll"><table class="timeline"><thead><tr><th scope="col">#</th>
<th scope="col">client</th><th scope="col">operation</th><th scope="col">returned</th>
<th scope="col">at µs</th><th scope="col" class="lane"><span class="axis"><span>0 µs</span>
<span>${whole} µs</span></span></th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function bar(result: Result, begin: bigint, end: bigint): Markup {
  const scale = (at: bigint): number => Number(((at - begin) * 1000n) / (end - begin)) / 10;
  const from = scale(result.call);
  const to = result.return === undefined ? 100 : scale(result.return);
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
<rect x="${Math.min(from, 99)}" width="${Math.max(1, to - from)}" height="8"/></svg>`;
}
