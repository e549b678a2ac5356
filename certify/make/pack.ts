import type { KeyObject } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonText } from '../../base/clean-text.ts';
import { usageError } from '../../base/errors.ts';
import { packageVersion } from '../../base/package-root.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { Bag } from '../../reports/certificate/bag.ts';
import { envelopeText, signEnvelope, unsignedEnvelope } from '../../reports/certificate/dsse.ts';
import { sha256Of } from '../../reports/certificate/package-files.ts';
import { headText, type PackageHead } from '../../reports/certificate/package-head.ts';
import { layOutBag, writePackage } from '../../reports/certificate/write-package.ts';
import { readRecord } from '../../reports/record/read-record.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import { environmentText } from '../derive/environment.ts';
import { catalogueText } from '../derive/pinned-catalogue.ts';
import { campaignOutcome, findingFiles } from '../derive/read-data.ts';
import { type Derived, derive, payloadOf, type Shown, waiversIn } from '../derive/shown.ts';
import { parseStatement } from '../statement/read-statement.ts';
import { RECORDING } from './record.ts';
import { type RecordingFacts, readRecordingFacts } from './recording-file.ts';

/** A package that is to be made of a recording. */
export interface PackRequest {
  readonly recording: string;
  /** An empty folder, for the files of the package before they are an archive. */
  readonly scratch: string;
  /** Where the package goes. */
  readonly out: string;
  /** Private keys that sign it; none leaves it for `allocert sign`. */
  readonly keys: readonly KeyObject[];
  /** SOURCE_DATE_EPOCH as given; undefined for the end of the last run. */
  readonly epoch: string | undefined;
}

/** A package that was made. */
export interface Packed extends Derived {
  readonly head: PackageHead;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Makes a package of a recording: the same recording and keys give the same bytes.
 *
 * @throws {@link AllocertError} for a recording that lacks something, or what cannot be written
 */
export async function packRecording(request: PackRequest): Promise<Packed> {
  const { keys, out, recording, scratch } = request;
  const facts = readRecordingFacts(recording);
  refuseOtherVersion(facts);
  const records = facts.plan.runs.map((_, at) =>
    readRecord(join(recording, RECORDING.runs, String(at + 1), 'record.json')),
  );
  const shown = await layOutData(request, facts, records);
  const derived = derive(shown);
  writeFileSync(join(scratch, 'data', 'summary.html'), derived.summary);
  const bag = await layOutBag(scratch);
  const unsigned = unsignedEnvelope(payloadOf(bag, derived, shown));
  const envelope = keys.reduce(signEnvelope, unsigned);
  const { sha256 } = await writePackage(out, bag, envelopeText(envelope));
  return { ...derived, head: shown.head, sha256, bytes: bytesOf(bag) };
}

const bytesOf = ({ files }: Bag): number =>
  [...files.values()].reduce((sum, { size }) => sum + size, 0);

/** Another version derives otherwise, and would seal what nobody can derive again. */
function refuseOtherVersion({ allocert }: RecordingFacts): void {
  if (allocert === packageVersion()) return;
  throw usageError(
    `allocert ${allocert} made this recording, and this is ${packageVersion()}; ` +
      'pack it with the version that made it, or record again',
  );
}

/** Writes everything but the summary into the scratch folder. */
async function layOutData(
  { epoch, recording, scratch }: PackRequest,
  { plan, tool, ...facts }: RecordingFacts,
  records: readonly RunRecord[],
): Promise<Shown> {
  const [first] = records;
  if (first === undefined) throw usageError(`${recording} has no run; record again`);
  const data = join(scratch, 'data');
  const fuzz = join(recording, RECORDING.fuzz);
  mkdirSync(join(data, 'fuzz'), { recursive: true });
  for (const name of ['statement.json', 'qualification.json', 'waivers.json']) {
    const file = join(recording, name);
    if (existsSync(file)) copyFileSync(file, join(data, name));
  }
  for (const [at] of plan.runs.entries()) {
    const folder = join('runs', String(at + 1));
    mkdirSync(join(data, folder), { recursive: true });
    for (const name of ['evidence.ndjson', 'journal.ndjson', 'record.json']) {
      copyFileSync(join(recording, folder, name), join(data, folder, name));
    }
  }
  for (const name of ['fuzz.ndjson', 'rounds.ndjson', ...findingFiles(fuzz)]) {
    copyFileSync(join(fuzz, name), join(data, 'fuzz', name));
  }
  writeFileSync(join(data, 'fuzz', 'fuzz.json'), campaignText(join(fuzz, 'fuzz.json')));
  const rules = catalogueText();
  writeFileSync(join(data, 'catalogue.json'), rules);
  writeFileSync(join(data, 'environment.json'), environmentText(first.facts));
  const { allocert, challenge, product, profile, target } = facts;
  const head: PackageHead = {
    version: 1,
    ...{ allocert, product, target, profile },
    plan: { ...plan, tool },
    challenge,
    epoch: epochOf(epoch, records),
    catalogue: sha256Of(rules),
  };
  writeFileSync(join(data, 'package.json'), headText(head));
  const text = readFileSync(join(data, 'statement.json'), 'utf8');
  const { statement } = await parseStatement(text, 'statement.json');
  return { head, statement, records, campaign: campaignOutcome(fuzz), waivers: waiversIn(data) };
}

/** The summary of a campaign, whose corpus no package holds: where it lay is nobody's business. */
function campaignText(file: string): string {
  const summary = parseJson(readFileSync(file, 'utf8')) as { readonly corpus: object };
  return `${jsonText({ ...summary, corpus: { ...summary.corpus, folder: 'corpus' } }, 1)}\n`;
}

/** Seconds since 1970: the one clock of the archive. */
function epochOf(given: string | undefined, records: readonly RunRecord[]): number {
  if (given === undefined) return Math.floor(Date.parse(records.at(-1)?.endedAt ?? '') / 1000);
  if (/^\d{1,10}$/.test(given)) return Number(given);
  throw usageError(`SOURCE_DATE_EPOCH is "${given}"; give seconds since 1970, or unset it`);
}
