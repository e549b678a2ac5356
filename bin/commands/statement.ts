import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { openTarget } from '../../adapters/open-target.ts';
import { machineError, messageOf, unreadable, usageError } from '../../base/errors.ts';
import { claimLines, inconsistencyLines, skipLine } from '../../certify/statement/claim-lines.ts';
import { isLie } from '../../certify/statement/claim-verdict.ts';
import { inconsistencies } from '../../certify/statement/consistency.ts';
import { draftStatement } from '../../certify/statement/draft.ts';
import { readHeapMatrix } from '../../certify/statement/heap-matrix.ts';
import { judgeClaims, judgeSkips } from '../../certify/statement/judge-claims.ts';
import { readStatement } from '../../certify/statement/read-statement.ts';
import { refuseOtherClaims } from '../../certify/statement/report-claims.ts';
import { type ProbeOptions, runProbes } from '../../certify/statement/run-probes.ts';
import { BLANK, type Statement } from '../../certify/statement/statement.ts';
import { REPORT_FILES } from '../../reports/files/directory.ts';
import { putFile } from '../../reports/files/new-file.ts';
import { dayOf } from '../../reports/gate/read-waivers.ts';
import { readRecord } from '../../reports/record/read-record.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import { checkReports } from '../shared/check-reports.ts';
import { closeInTime } from '../shared/close-in-time.ts';
import { Interrupt } from '../shared/interrupt.ts';
import { single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { Progress } from '../shared/progress.ts';
import { printLines } from '../shared/stated-claims.ts';
import { complain, say } from '../shared/terminal.ts';

interface InitArguments {
  readonly target: string;
  readonly out: string | undefined;
  readonly profile: string | undefined;
  readonly heaps: string | undefined;
}

interface CheckArguments {
  readonly file: string;
  readonly target: string | undefined;
  readonly report: string | undefined;
}

const text = (option: string, describe: string) =>
  ({ type: 'string', requiresArg: true, coerce: single(option), describe }) as const;

const initCommand: CommandModule<object, InitArguments> = {
  command: 'init <target>',
  describe: 'Probe a target, and write a draft of its statement',
  builder: (argv: Argv) =>
    argv
      .positional('target', { type: 'string', demandOption: true, describe: 'Target URL' })
      .option('out', text('out', 'File to write [default: statement.jsonc]'))
      .option(
        'profile',
        text('profile', 'Profile that is to hold [default: the one of the target’s ABI]'),
      )
      .option('heaps', text('heaps', 'dma_heap.json of Android, whose heaps the draft then has'))
      .epilogue('Exit codes: 0 written, 2 usage, 3 the target could not be observed.'),
  handler: async ({ target, out = 'statement.jsonc', profile, heaps }) => {
    const declared = heaps === undefined ? [] : readHeapMatrix(heaps);
    if (existsSync(out)) {
      throw usageError(`${out} exists, and may hold answers; name another file with --out`);
    }
    const record = await probed(target, profile === undefined ? {} : { profile });
    if (typeof record === 'number') {
      conclude(record);
      return;
    }
    if (!record.complete) throw machineError(record.incompleteReason);
    const draft = draftStatement({ record, heaps: declared });
    written(out, draft);
    const blanks = draft.split('\n').filter((line) => line.includes(`"${BLANK}"`)).length;
    say(
      `${out} is a draft with ${counted(blanks, 'blank')}: write what is true in place of ${BLANK}.`,
    );
    conclude(0);
  },
};

const checkCommand: CommandModule<object, CheckArguments> = {
  command: 'check <file>',
  describe: 'Check a statement by itself, and against a target or a report',
  builder: (argv: Argv) =>
    argv
      .positional('file', { type: 'string', demandOption: true, describe: 'A statement' })
      .option('target', text('target', 'Target on which to probe every claim'))
      .option('report', text('report', 'Report folder of a run to hold the claims against'))
      .epilogue(
        'Exit codes: 0 its claims fit together and none is contradicted, 1 not, 2 usage, 3 the ' +
          'target could not be observed to the end.',
      ),
  handler: async ({ file, target, report }) => {
    if (target !== undefined && report !== undefined) {
      throw usageError('give --target or --report, not both');
    }
    const { statement } = readStatement(file);
    const found = inconsistencies(statement, dayOf(new Date()));
    printLines(inconsistencyLines(found));
    const wrong = found.filter(({ erratum }) => erratum === undefined).length;
    if (wrong > 0) {
      say(`${file} contradicts itself: ${counted(wrong, 'point')}.`);
      conclude(1);
      return;
    }
    const record = await seenOf(statement, target, report);
    if (typeof record === 'number') conclude(record);
    else conclude(record === undefined ? consistent(file) : compared(file, statement, record));
  },
};

/** `allocert statement …` */
export const statementCommand: CommandModule = {
  command: 'statement',
  describe: 'Draft and check what a vendor claims of a product',
  builder: (argv) =>
    argv
      .command(initCommand)
      .command(checkCommand)
      .demandCommand(1, 'name what to do: statement init or statement check'),
  handler: () => {},
};

const counted = (count: number, what: string): string =>
  count === 1 ? `1 ${what}` : `${count} ${what}s`;

function consistent(file: string): number {
  say(`${file} is consistent; --target or --report holds its claims against what was seen.`);
  return 0;
}

function compared(file: string, statement: Statement, record: RunRecord): number {
  const claims = judgeClaims(statement, record);
  printLines([...claimLines(claims), skipLine(judgeSkips(statement, record))]);
  const lies = claims.filter(isLie).length;
  if (lies > 0) {
    say(`${file} is contradicted: ${counted(lies, 'claim')}.`);
    return 1;
  }
  if (!record.complete) {
    complain(`the claims were not all looked at: ${record.incompleteReason}`);
    return 3;
  }
  say(`Nothing that was seen contradicts ${file}.`);
  return 0;
}

/** What was seen, or as {@link probed}; undefined where there is nothing to compare with. */
async function seenOf(
  { profile, deviations }: Statement,
  target: string | undefined,
  report: string | undefined,
): Promise<RunRecord | number | undefined> {
  if (target !== undefined) return probed(target, { profile, deviations });
  if (report === undefined) return undefined;
  const isFolder = existsSync(report) && statSync(report).isDirectory();
  const file = isFolder ? join(report, REPORT_FILES.record) : report;
  await checkReports([file]);
  const record = readRecord(file);
  if (isFolder) refuseOtherClaims(report, record);
  if (record.profiles.some(({ name }) => name === profile)) return record;
  const known = record.profiles.map(({ name }) => name).join(' and ');
  throw usageError(`${report} judges by ${known}, and the statement is about ${profile}`);
}

/** What the probes see of a target, or the exit code of the signal that stopped them. */
async function probed(target: string, options: ProbeOptions): Promise<RunRecord | number> {
  const adapter = await openTarget(target);
  const interrupt = new Interrupt();
  const progress = new Progress();
  try {
    const { expired, signal } = interrupt;
    const probes = runProbes(adapter, { ...options, signal, listener: progress.listener });
    const record = await Promise.race([probes, expired.then(() => undefined)]);
    const { received, failure } = interrupt;
    if (received !== undefined) {
      complain(
        `interrupted by ${received.name}; to observe the target, run the same command again`,
      );
      return received.exitCode;
    }
    if (record !== undefined) return record;
    throw machineError(failure ?? 'the probes were left behind');
  } finally {
    progress.stop();
    await closeInTime(adapter);
    interrupt.dispose();
  }
}

function written(file: string, draft: string): void {
  try {
    putFile(file, draft);
  } catch (thrown) {
    throw usageError(`${file} cannot be written, ${unreadable(thrown) ?? messageOf(thrown)}`);
  }
}
