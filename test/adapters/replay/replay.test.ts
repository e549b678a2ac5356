import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import {
  NotRecorded,
  programDigest,
  TargetDeath,
  toJson,
} from '../../../adapters/contract/index.ts';
import { openTarget } from '../../../adapters/open-target.ts';
import { openReplay } from '../../../adapters/replay/adapter.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import { EvidenceLines, evidenceOfRun } from '../../../reports/journal/evidence.ts';
import type { JournalLine } from '../../../reports/record/journal-lines.ts';
import type { RecordedCase, RunRecord } from '../../../reports/record/record.ts';
import { recordText } from '../../../reports/record/record-text.ts';
import {
  closeEntry,
  closeProgram,
  journalOf,
  ranCase,
  START,
  sampleLines,
  temporaryDirectory,
} from '../../reports/sample.ts';

/** Cases of a megabyte each: more than the memory of the process that replays them. */
const CASES = 150;

const REPLAY = pathToFileURL(join(packageRoot(), 'dist', 'adapters', 'replay', 'adapter.js')).href;

/** Replays the last of these cases. */
const ANSWERS = `
import { openReplay } from ${JSON.stringify(REPLAY)};
const session = await (await openReplay('replay:' + process.argv[1])).open();
await session.begin('LIF-01/${CASES - 1}');
const operations = [{ op: 'close', slot: 's0', fd: 7n }];
const history = await session.run({ threads: [{ client: 'main', operations }], deadlineMs: 1000 });
process.stdout.write(history.threads[0][0].errno);
`;

/** A directory with nothing but evidence: the sample's, and a case that killed its target. */
function recorded(): string {
  const directory = temporaryDirectory();
  const program = closeProgram(9n);
  const death: JournalLine = {
    type: 'case-end',
    case: 'ERR-01/death',
    end: 'crash',
    reason: 'QEMU is gone',
    durationMs: 1,
    verdicts: [],
    transcript: {
      caseId: 'ERR-01/death',
      entries: [
        closeEntry(8n),
        {
          kind: 'death',
          digest: programDigest(program),
          program,
          manner: 'crash',
          message: 'QEMU is gone',
          log: ['0xff'],
        },
      ],
    },
  };
  const { text } = evidenceOfRun(START, [...sampleLines(), death]);
  writeFileSync(join(directory, 'evidence.ndjson'), text);
  return directory;
}

/** Changes one line of the evidence, counted from 1, or all of its text. */
function edit(directory: string, change: (text: string) => string): void {
  const file = join(directory, 'evidence.ndjson');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

t.test('answers come by position, as they were recorded', async (t) => {
  const adapter = await openTarget(`replay:${recorded()}`);
  const session = await adapter.open();
  await session.begin('LIF-01/close');
  const history = await session.run(closeProgram(7n));
  const entry = closeEntry(7n);
  t.strictSame(history, entry.kind === 'run' ? entry.history : undefined);
  t.strictSame(history.log, ['0x1f'], 'log lines stay text');
  await session.begin('ERR-01/null');
  t.ok(await session.run(closeProgram(7n)), 'each case starts at its own first position');
  await session.close();
  await adapter.close();
});

t.test('a case that ran again is answered as it was each time', async (t) => {
  const directory = temporaryDirectory();
  const run = (fd: bigint): readonly JournalLine[] =>
    ranCase('LIF-01/close', []).map((line) =>
      line.type === 'case-end'
        ? { ...line, transcript: { caseId: line.case, entries: [closeEntry(fd)] } }
        : line,
    );
  const { text } = evidenceOfRun(START, [START, ...run(7n), ...run(8n)]);
  writeFileSync(join(directory, 'evidence.ndjson'), text);
  const adapter = await openReplay(`replay:${directory}`);
  for (const fd of [7n, 8n, 7n]) {
    const session = await adapter.open();
    await session.begin('LIF-01/close');
    await t.resolves(session.run(closeProgram(fd)), `the run that closed ${fd}`);
  }
});

t.test('facts are the recorded ones, marked as a replay', async (t) => {
  const directory = recorded();
  const adapter = await openReplay(`replay:${directory}`);
  t.equal(adapter.url, `replay:${directory}`);
  const { facts } = await adapter.open();
  t.match(facts, { kind: 'sim', regions: [{ sizeBytes: 2n ** 40n }] });
  t.match(facts.details, { digest: '0xdead', replay: 'yes', 'replay-of': 'sim:' });
});

t.test('what was not recorded is NotRecorded, and the sentence says where', async (t) => {
  const session = await (await openReplay(`replay:${recorded()}`)).open();
  const rejects = (fd: bigint, message: RegExp) =>
    t.rejects(session.run(closeProgram(fd)), Object.assign(new NotRecorded(''), { message }));
  await rejects(7n, /was not recorded/);
  await session.begin('ERR-99/unknown');
  await rejects(7n, /ERR-99\/unknown was not recorded/);
  await session.begin('LIF-01/close');
  await rejects(6n, /LIF-01\/close asks for something else at position 1/);
  await session.begin('LIF-01/close');
  await session.run(closeProgram(7n));
  await rejects(7n, /asks for position 2, but only 1 were recorded/);
});

t.test('a recorded death kills again', async (t) => {
  const session = await (await openReplay(`replay:${recorded()}`)).open();
  await session.begin('ERR-01/death');
  await session.run(closeProgram(8n));
  await t.rejects(session.run(closeProgram(9n)), new TargetDeath('crash', 'QEMU is gone'));
  await session.begin('ERR-01/death');
  await session.run(closeProgram(8n));
  const death: unknown = await session.run(closeProgram(9n)).catch((thrown) => thrown);
  t.match(death, { manner: 'crash', log: ['0xff'] });
});

t.test('an edited errno changes what is answered', async (t) => {
  const directory = recorded();
  edit(directory, (text) => text.replace('"EBADF"', '"EINTR"'));
  const session = await (await openReplay(`replay:${directory}`)).open();
  await session.begin('LIF-01/close');
  const history = await session.run(closeProgram(7n));
  t.equal(history.threads[0]?.[0]?.errno, 'EINTR');
});

t.test('damage is a sentence with file and line', async (t) => {
  const refuses = async (change: (text: string) => string, sentence: RegExp): Promise<void> => {
    const directory = recorded();
    edit(directory, change);
    const error = { blame: 'usage', message: sentence };
    await t.rejects(openReplay(`replay:${directory}`), error);
  };
  await refuses(() => '', /is empty/);
  await refuses((text) => text.slice(0, -20), /line 5 is damaged: its end is missing/);
  await refuses((text) => `${text.slice(0, -20)}\n`, /line 5 is damaged: it is not JSON/);
  await refuses((text) => `${text}${'['.repeat(9999)}\n`, /line 6 .* it is nested more than 200/);
  await refuses((text) => text.slice(text.indexOf('\n') + 1), /line 1 names no target/);
  await refuses((text) => `${text}${text.split('\n')[1]}\n`, /line 6 repeats the case LIF-01/);
  await refuses((text) => `${text}${text.split('\n')[0]}\n`, /line 6 names a second target/);
  await refuses((text) => text.replace('"version":1', '"version":9'), /newer allocert/);
  await refuses((text) => text.replace('"EBADF"', '12'), /line 2 is not evidence: at .*errno/);
  await refuses((text) => text.replace('"returned"', '"pleased"'), /line 2 is not evidence/);
  await t.rejects(openReplay('replay:/nowhere'), {
    blame: 'usage',
    message: /there is no such file/,
  });
  await t.rejects(openReplay('replay:'), { blame: 'usage', message: /names no directory/ });
});

/** What a file of lines is without its last one. */
const withoutLastLine = (text: string): string => `${text.split('\n').slice(0, -2).join('\n')}\n`;

t.test('a digest that does not fit is a contradiction', async (t) => {
  const refuses = async (directory: string, message: RegExp): Promise<void> => {
    await t.rejects(openReplay(`replay:${directory}`), { exitCode: 3, message });
  };
  const asked = recorded();
  edit(asked, (text) => text.replace('"fd":"0x7"', '"fd":"0x6"'));
  await refuses(asked, /position 1 of LIF-01\/close does not have the digest beside it/);
  const withRecord = (sources: readonly object[] = []): string => {
    const directory = recorded();
    const record = deriveRecord(journalOf(sampleLines()));
    const [, ...own] = readFileSync(join(directory, 'evidence.ndjson'), 'utf8').split('\n');
    const digest = createHash('sha256')
      .update(own[3] ?? '')
      .digest('hex');
    const death = { ...(record.cases[0] as RecordedCase), id: 'ERR-01/death', evidence: digest };
    const more = { ...record, cases: [...record.cases, death], sources } as RunRecord;
    writeFileSync(join(directory, 'record.json'), recordText(more));
    return directory;
  };
  await t.resolves(openReplay(`replay:${withRecord()}`), 'as it is');
  const changed = withRecord();
  edit(changed, (text) => text.replace('"EBADF"', '"EINTR"'));
  await refuses(changed, /by the record\.json beside it: .*line 2, LIF-01\/close, has the SHA-256/);
  const cut = withRecord();
  edit(cut, withoutLastLine);
  await refuses(cut, /evidence\.ndjson lacks the line of the SHA-256/);
  const source = {
    ...{
      digest: 'ab'.repeat(32),
      startedAt: 'b',
      endedAt: 'c',
      seed: 'd',
      complete: true,
      finished: 1,
    },
    environment: {},
  };
  const merged = withRecord([source]);
  edit(merged, withoutLastLine);
  await t.resolves(openReplay(`replay:${merged}`), 'a source may have come without evidence');
});

t.test('what changes while it is replayed is not believed', async (t) => {
  const directory = recorded();
  const session = await (await openReplay(`replay:${directory}`)).open();
  edit(directory, (text) => text.replaceAll('"EBADF"', '"EINTR"'));
  const changed = { blame: 'usage', message: /was changed while it was replayed/ };
  await t.rejects(session.begin('LIF-01/close'), changed);
  rmSync(directory, { recursive: true });
  const gone = { blame: 'usage', message: /cannot be read any more: there is no such file/ };
  await t.rejects(session.begin('LIF-01/close'), gone);
});

t.test('evidence is never in memory as a whole', async (t) => {
  const directory = temporaryDirectory();
  const file = join(directory, 'evidence.ndjson');
  const start = evidenceOfRun(START, []).text;
  writeFileSync(file, start);
  const log = Array.from({ length: 10_000 }, () => 'x'.repeat(100));
  const entry = closeEntry(7n);
  const long = entry.kind === 'run' ? { ...entry, history: { ...entry.history, log } } : entry;
  const lines = new EvidenceLines();
  for (let count = 0; count < CASES; count += 1) {
    const transcript = { caseId: `LIF-01/${count}`, entries: [toJson(long) as object] };
    appendFileSync(file, `${lines.case(transcript).text}\n`);
  }
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ['--max-old-space-size=64', '--input-type=module', '--eval', ANSWERS, directory],
    { encoding: 'utf8', env: { PATH: process.env.PATH } },
  );
  t.equal(status, 0, stderr);
  t.equal(stdout, 'EBADF');
});
