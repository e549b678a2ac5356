/** A forger's tools: edits of a package after which every digest and every derived file fits again. */
import { factsFromJson } from '../../adapters/contract/program-json.ts';
import type { CampaignOutcome } from '../../certify/derive/conclude.ts';
import { environmentText } from '../../certify/derive/environment.ts';
import { derive } from '../../certify/derive/shown.ts';
import { parseStatement } from '../../certify/statement/read-statement.ts';
import { fileOfBytes, PACKAGE_HEAD } from '../../reports/certificate/package-files.ts';
import { readPackageHead } from '../../reports/certificate/package-head.ts';
import { EvidenceLines } from '../../reports/journal/evidence.ts';
import { RecordBuilder } from '../../reports/record/builder.ts';
import type { WrittenLine } from '../../reports/record/journal-lines.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import { recordText } from '../../reports/record/record-text.ts';

export type Data = ReadonlyMap<string, Buffer>;

/** A JSON value that an edit may do anything to. */
// biome-ignore lint/suspicious/noExplicitAny: a forger knows no types
export type Loose = any;

export const textIn = (data: Data, path: string): string => {
  const bytes = data.get(path);
  if (bytes === undefined) throw new Error(`the package has no ${path}`);
  return bytes.toString('utf8');
};

/** The data with one file changed. */
export const withText = (data: Data, path: string, text: string): Data =>
  new Map([...data, [path, Buffer.from(text)]]);

/** The data without some files. */
export const without = (data: Data, ...paths: readonly string[]): Data =>
  new Map([...data].filter(([path]) => !paths.includes(path)));

/** The data with a JSON file edited in place. */
export function withJson(data: Data, path: string, edit: (value: Loose) => void): Data {
  const value = JSON.parse(textIn(data, path));
  edit(value);
  return withText(data, path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** The data with the lines of a file edited, each in place; `false` takes a line out. */
export function withLines(
  data: Data,
  path: string,
  // biome-ignore lint/suspicious/noConfusingVoidType: most edits return nothing
  edit: (line: Loose, index: number) => boolean | void,
): Data {
  const lines = textIn(data, path)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const kept = lines.filter((line, index) => edit(line, index) !== false);
  return withText(data, path, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

export const journalOf = (run: number): string => `data/runs/${run}/journal.ndjson`;

/** The data with a journal edited, and with evidence and record as they then follow. */
export function withJournal(data: Data, run: number, edit: Parameters<typeof withLines>[2]): Data {
  return withRunOf(withLines(data, journalOf(run), edit), run);
}

/** Evidence and record of a run as its journal has them. */
export function withRunOf(data: Data, run: number): Data {
  const { evidence, record } = runOf(data, run);
  const edited = withText(data, `data/runs/${run}/evidence.ndjson`, evidence);
  return withText(edited, `data/runs/${run}/record.json`, recordText(record));
}

function runOf(data: Data, run: number): { readonly evidence: string; readonly record: RunRecord } {
  const builder = new RecordBuilder();
  const evidence = new EvidenceLines();
  const texts: string[] = [];
  for (const text of textIn(data, journalOf(run)).trimEnd().split('\n')) {
    const parsed = JSON.parse(text) as WrittenLine;
    const line =
      parsed.type === 'run-start' ? { ...parsed, facts: factsFromJson(parsed.facts) } : parsed;
    let digest = '';
    if (line.type === 'run-start') texts.push(evidence.target(line));
    if (line.type === 'case-end') {
      const found = evidence.case(line.transcript);
      texts.push(found.text);
      digest = found.digest;
    }
    builder.add(line, digest);
  }
  return { evidence: `${texts.join('\n')}\n`, record: builder.record() };
}

/** The data with the page and the environment as they follow from everything else. */
export async function withDerived(data: Data): Promise<Data> {
  const head = readPackageHead(fileOfBytes(textIn(data, PACKAGE_HEAD)));
  const records = [1, 2, 3].map((run) => runOf(data, run).record);
  const { statement } = await parseStatement(textIn(data, 'data/statement.json'), 'it');
  const waivers = data.has('data/waivers.json')
    ? JSON.parse(textIn(data, 'data/waivers.json')).waivers
    : [];
  const shown = { head, records, statement, waivers, campaign: campaignOf(data) };
  const [first] = records;
  if (first === undefined) throw new Error('there are runs');
  const edited = withText(data, 'data/environment.json', environmentText(first.facts));
  return withText(edited, 'data/summary.html', derive(shown).summary);
}

function campaignOf(data: Data): CampaignOutcome {
  const lines = textIn(data, 'data/fuzz/fuzz.ndjson').trimEnd().split('\n');
  const parsed: Loose[] = lines.map((line) => JSON.parse(line));
  const rounds = parsed.filter(({ type }) => type === 'round');
  return {
    rounds: rounds.length,
    operations: rounds.reduce((sum, { operations }) => sum + operations, 0),
    unfinished: parsed.find(({ type }) => type === 'end')?.reason ?? 'it has no end',
    findings: parsed
      .filter(({ type }) => type === 'finding')
      .map(({ signature }) => ({ signature, requirement: signature.split(/[ :]/)[1] })),
  };
}
