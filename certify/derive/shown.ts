import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { attestationPayload, type DigestedThing } from '../../reports/certificate/attestation.ts';
import type { Bag } from '../../reports/certificate/bag.ts';
import type { PackageHead } from '../../reports/certificate/package-head.ts';
import { readWaivers } from '../../reports/gate/read-waivers.ts';
import type { Waiver } from '../../reports/record/gate-outcome.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import type { Statement } from '../statement/statement.ts';
import { judgeClaimsOfRuns } from './claims.ts';
import { type CampaignOutcome, type Conclusion, concludePackage } from './conclude.ts';
import { environmentOf } from './environment.ts';
import { summaryPage } from './summary-page.ts';

/** What a package shows, from which everything else follows. */
export interface Shown {
  readonly head: PackageHead;
  readonly statement: Statement;
  /** Of all runs, before any waiver. */
  readonly records: readonly RunRecord[];
  readonly campaign: CampaignOutcome;
  readonly waivers: readonly Waiver[];
}

/** What follows from what a package shows. */
export interface Derived {
  readonly conclusion: Conclusion;
  readonly claims: ReturnType<typeof judgeClaimsOfRuns>;
  /** The text of `data/summary.html`. */
  readonly summary: string;
}

/** Derives everything that a package says and that somebody might be tempted to edit. */
export function derive({ campaign, head, records, statement, waivers }: Shown): Derived {
  const [first] = records;
  if (first === undefined) throw new Error('a package has runs');
  const claims = judgeClaimsOfRuns(statement, records);
  const { profile } = head;
  const conclusion = concludePackage({ profile, records, campaign, waivers, statement: claims });
  const environment = environmentOf(first.facts);
  const facts = { head, records, campaign, conclusion, environment, claims: claims.claims };
  return { conclusion, claims, summary: summaryPage(facts) };
}

/**
 * The waivers of a package.
 *
 * @param folder holds `waivers.json`, or does not
 * @throws {@link AllocertError} (usage) for a file that is none
 */
export function waiversIn(folder: string): readonly Waiver[] {
  const file = join(folder, 'waivers.json');
  return existsSync(file) ? readWaivers(file) : [];
}

/** The files that an attestation names beside the manifest, as what bound the result. */
const CONFIGURATION = ['data/catalogue.json', 'data/package.json', 'data/statement.json'];

/** The payload that every signer of a package signs. */
export function payloadOf(bag: Bag, { conclusion }: Derived, { records }: Shown): Buffer {
  const { failed, passed, result, warned } = conclusion;
  const named = [...CONFIGURATION, 'data/waivers.json', ...runFiles(records.length)];
  const configuration = named.flatMap((name): DigestedThing[] => {
    const file = bag.files.get(name);
    return file === undefined ? [] : [{ name, sha256: file.sha256 }];
  });
  return attestationPayload({
    manifestSha256: bag.manifestSha256,
    tested: testedIn(records),
    ...{ result, configuration, passed, warned, failed },
  });
}

const runFiles = (runs: number): readonly string[] =>
  Array.from({ length: runs }, (_, at) => `data/runs/${at + 1}/evidence.ndjson`);

const SHA256 = /^[0-9a-f]{64}$/;

/** The kernel and the modules, where the target tells their digests. */
function testedIn([first]: readonly RunRecord[]): readonly DigestedThing[] {
  if (first === undefined) return [];
  const { kernelImage, modules } = environmentOf(first.facts);
  const all = { ...modules.value, ...(kernelImage.value && { kernel: kernelImage.value }) };
  return Object.entries(all).flatMap(([name, sha256]) =>
    SHA256.test(sha256) ? [{ name, sha256 }] : [],
  );
}
