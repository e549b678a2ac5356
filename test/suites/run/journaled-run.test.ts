/**
 * A run with a journal, and its exit code. Goal: however a run ends, its journal ends with a line
 * that says why, and nothing that was thrown is lost.
 */
import t from 'tap';
import { openTarget } from '../../../adapters/open-target.ts';
import { scanJournal } from '../../../reports/journal/read-journal.ts';
import type { WrittenLine } from '../../../reports/record/journal-lines.ts';
import type { RunRecord } from '../../../reports/record/record.ts';
import {
  type JournaledRun,
  journaledExitCode,
  journaledRun,
  type StopRequest,
} from '../../../suites/run/journaled-run.ts';
import { temporaryDirectory } from '../../reports/sample.ts';

const SIGINT = { name: 'SIGINT', exitCode: 130 };
const never = new Promise<void>(() => {});

const stopWith = (received: StopRequest['received'], more: Partial<StopRequest> = {}) => ({
  ...{ signal: new AbortController().signal, expired: never, received, ...more },
});

const runOf = async (directory: string, only: readonly string[]): Promise<JournaledRun> => ({
  ...{ adapter: await openTarget('sim:'), directory, profile: undefined, only },
  ...{ shard: undefined, environment: { command: 'a test' }, retries: 0, gate: undefined },
});

function linesIn(directory: string): WrittenLine[] {
  const lines: WrittenLine[] = [];
  scanJournal(directory, (line) => lines.push(line));
  return lines;
}

t.test('what happens goes to the journal and to the listener', async (t) => {
  const directory = temporaryDirectory();
  const heard: string[] = [];
  const end = await journaledRun(await runOf(directory, ['IOC-02']), stopWith(undefined), {
    onStart: ({ type }) => heard.push(type),
    onCaseStart: ({ type }) => heard.push(type),
    onCaseEnd: ({ type }) => heard.push(type),
  });
  t.equal(end.failure, undefined);
  t.ok(end.observed);
  const lines = linesIn(directory);
  t.strictSame(
    lines.map(({ type }) => type),
    [...heard, 'run-end'],
  );
  t.match(lines[0], { type: 'run-start', environment: { command: 'a test' } });
  t.match(lines.at(-1), { complete: true, reason: '' });
});

t.test('a run that is stopped says by which signal', async (t) => {
  const directory = temporaryDirectory();
  const stop = stopWith(SIGINT, { signal: AbortSignal.abort() });
  const end = await journaledRun(await runOf(directory, ['IOC-02']), stop, {});
  t.ok(end.observed);
  const reason = 'the run was interrupted by SIGINT';
  t.match(linesIn(directory).at(-1), { type: 'run-end', complete: false, reason });
});

t.test('a run that is left behind at once has no journal', async (t) => {
  const directory = temporaryDirectory();
  const stop = stopWith(SIGINT, { expired: Promise.resolve() });
  const run = await runOf(directory, []);
  const slow = { ...run.adapter, url: 'sim:', open: () => new Promise<never>(() => {}) };
  const end = await journaledRun({ ...run, adapter: slow }, stop, {});
  t.strictSame(end, { observed: undefined, failure: undefined });
});

t.test('a run that cannot begin keeps what was thrown', async (t) => {
  const end = await journaledRun(
    await runOf(temporaryDirectory(), ['NONE-99']),
    stopWith(undefined),
    {},
  );
  t.notOk(end.observed);
  t.match(end.failure, { message: /NONE-99/ });
});

t.test(
  'the exit code is that of the signal, else of the record, else what was thrown',
  async (t) => {
    const failure = new Error('it broke');
    const record = (exitCode: RunRecord['exitCode']) => ({ exitCode }) as RunRecord;
    const fine = { observed: undefined, failure: undefined };
    const broken = { observed: undefined, failure };
    const none = { observed: undefined, failure };
    t.equal(journaledExitCode(fine, record(4), stopWith(undefined)), 4);
    t.equal(journaledExitCode(fine, record(0), stopWith(SIGINT)), 130);
    t.equal(journaledExitCode(none, undefined, stopWith(SIGINT)), 130);
    t.equal(journaledExitCode(broken, record(1), stopWith(undefined)), 1, 'a failure was seen');
    t.throws(() => journaledExitCode(broken, record(3), stopWith(undefined)), failure);
    t.throws(() => journaledExitCode(none, undefined, stopWith(undefined)), failure);
  },
);
