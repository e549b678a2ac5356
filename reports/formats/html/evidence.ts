import {
  type Operation,
  type Result,
  type Transcript,
  type TranscriptEntry,
  type UntypedOperation,
  wordOf,
} from '../../../adapters/contract/index.ts';
import { hexOf } from '../../../adapters/contract/program-json.ts';
import type { RecordedCase, RunRecord } from '../../record.ts';
import { annotated } from './annotate.ts';
import { anchor, html, type Markup } from './escape.ts';

/** Operations of a case that are shown; evidence.ndjson has all of them. */
const STEPS_MAX = 120;
const REQUESTS_MAX = 8;

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

/** What one case did and what came back. */
export function caseEvidence(one: RecordedCase, transcript: Transcript | undefined): Markup {
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
${one.title}</summary><div class="inside">
${deaths.map(({ manner, message }) => html`<p class="bad">${manner}: ${message}</p>`)}
${log.length === 0 ? '' : html`<h3>Kernel log</h3><pre>${log.join('\n')}</pre>`}
${requests(shown)}<h3>Operations</h3>${cut === '' ? '' : html`<p class="quiet">${cut}</p>`}
${timeline(shown)}<p class="quiet">SHA-256 of the evidence: <code>${one.evidence}</code></p>
</div></details>\n`;
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

function requests(steps: readonly Step[]): Markup {
  const tables = new Map<string, Markup>();
  for (const { operation, result } of steps) {
    if (operation.op !== 'ioctl' || operation.argument.bytes.length === 0) continue;
    const { bytes } = operation.argument;
    const out = result?.out ?? new Uint8Array();
    const word = result === undefined ? 'no answer' : wordOf(result);
    const key = `${operation.request} ${Buffer.from(bytes).toString('hex')} ${Buffer.from(out).toString('hex')} ${word}`;
    const place = operation.argument.placement?.kind ?? 'plain';
    const title = html`<p><code>ioctl ${value(operation.request)}</code>, argument ${place}:
<b>${word}</b></p>`;
    tables.set(key, html`${title}${annotated(bytes, out)}`);
  }
  const shown = [...tables.values()].slice(-REQUESTS_MAX);
  return shown.length === 0 ? html`` : html`<h3>Requests</h3>${shown}`;
}

function timeline(steps: readonly Step[]): Markup {
  const calls = steps.flatMap(({ result }) => (result === undefined ? [] : [result.call]));
  const begin = calls.reduce((least, call) => (call < least ? call : least), calls[0] ?? 0n);
  const ends = steps.flatMap(({ result }) => result?.return ?? result?.call ?? []);
  const end = ends.reduce((most, at) => (at > most ? at : most), begin + 1n);
  const rows = steps.map(({ client, operation, result, note }, index) => {
    const word = result === undefined ? 'no answer' : wordOf(result);
    const answer = word === 'ok' ? `ok ${value(result?.value)}` : word;
    const at = result === undefined ? '' : `${Number(result.call - begin) / 1000}`;
    return html`<tr><td>${index + 1}</td><td>${client}</td>
<td><code>${callText(operation)}</code></td>
<td class="${word === 'ok' ? '' : 'odd'}">${note} ${answer}</td><td>${at}</td>
<td>${bar(result, begin, end)}</td></tr>`;
  });
  return html`<div class="scroll"><table class="timeline"><thead><tr><th scope="col">#</th>
<th scope="col">client</th><th scope="col">operation</th><th scope="col">came to</th>
<th scope="col">at µs</th><th scope="col">time</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function bar(result: Result | undefined, begin: bigint, end: bigint): Markup {
  if (result === undefined) return html``;
  const scale = (at: bigint): number => Number(((at - begin) * 1000n) / (end - begin)) / 10;
  const from = scale(result.call);
  const to = result.return === undefined ? 100 : scale(result.return);
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
<rect x="${Math.min(from, 99)}" width="${Math.max(1, to - from)}" height="8"/></svg>`;
}

function callText(operation: Operation): string {
  const { op, slot, ...rest } = operation as UntypedOperation;
  const shown = Object.entries(rest)
    .filter(([name]) => name !== 'body')
    .map(([name, one]) => `${name} ${value(one)}`);
  return `${slot === undefined ? '' : `${slot} = `}${op}(${shown.join(', ')})`;
}

const TEXT_MAX = 96;

/** An argument in few words: numbers as hexadecimal, slots by name, bytes by their beginning. */
function value(one: unknown): string {
  if (one === undefined) return '';
  if (typeof one === 'bigint') return one > -10n && one < 10n ? String(one) : hexOf(one);
  if (one instanceof Uint8Array) return `${one.length} bytes`;
  if (typeof one !== 'object' || one === null) return String(one).slice(0, TEXT_MAX);
  if ('slot' in one) return 'offset' in one ? `${one.slot}+${one.offset}` : String(one.slot);
  if ('bytes' in one) return value(one.bytes);
  return JSON.stringify(one, (_, part) => (typeof part === 'bigint' ? hexOf(part) : part)).slice(
    0,
    TEXT_MAX,
  );
}
