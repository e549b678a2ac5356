import { join } from 'node:path';
import type { TargetFacts } from '../../adapters/contract/index.ts';
import { parseJson } from '../../base/parse-json.ts';
import { sha256Of } from '../../reports/certificate/package-files.ts';
import type { UnpackedPackage } from '../../reports/certificate/read-package.ts';
import { dayOf } from '../../reports/gate/read-waivers.ts';
import { endOf } from '../../reports/gate/waiver-end.ts';
import type { Waiver } from '../../reports/record/gate-outcome.ts';
import { environmentText } from '../derive/environment.ts';
import { matrixFault } from '../derive/qualification.ts';
import { type Derived, waiversIn } from '../derive/shown.ts';
import { inconsistencies } from '../statement/consistency.ts';
import { parseStatement } from '../statement/read-statement.ts';
import type { Statement } from '../statement/statement.ts';
import type { RefusalList } from './refusals.ts';

/** What a package says of itself that no run tells. */
export interface Claims {
  readonly statement: Statement;
  readonly waivers: readonly Waiver[];
}

/**
 * The statement and the waivers of a package.
 *
 * @param now when a waiver must still hold
 * @returns undefined when one of them is none
 */
export async function readClaims(
  { files, folder, head }: UnpackedPackage,
  now: Date,
  refusals: RefusalList,
): Promise<Claims | undefined> {
  const text = files.get('data/statement.json')?.bytes().toString('utf8') ?? '';
  const given = await refusals.attempt('statement', () =>
    parseStatement(text, 'data/statement.json'),
  );
  const waivers = await refusals.attempt('waivers', () => waiversIn(join(folder, 'data')));
  if (given === undefined || waivers === undefined) return undefined;
  const { statement } = given;
  const { name, vendor, version } = statement.product;
  const says = JSON.stringify([head.product.vendor, head.product.name, head.product.version]);
  if (says !== JSON.stringify([vendor, name, version]) || head.profile !== statement.profile) {
    refusals.add('statement', 'the head names another product or profile than the statement');
  }
  const today = dayOf(now);
  for (const { erratum, sentence } of inconsistencies(statement, today)) {
    if (erratum === undefined) refusals.add('statement', `the statement is wrong: ${sentence}`);
  }
  for (const waiver of waivers) {
    const end = endOf(waiver, { today, allocert: head.allocert });
    if (end === undefined) continue;
    refusals.add('waiver-expired', `the waiver of ${waiver.id} ${end} (${waiver.issue})`);
  }
  return { statement, waivers };
}

/** The kill matrix, where there is one. */
export function checkQualification({ files }: UnpackedPackage, refusals: RefusalList): void {
  const file = files.get('data/qualification.json');
  let value: { readonly matrix?: unknown; readonly reason?: unknown } | null;
  try {
    value = parseJson(file?.bytes().toString('utf8') ?? '') as typeof value;
  } catch {
    refusals.add('qualification', 'data/qualification.json is not JSON');
    return;
  }
  if (value?.matrix === null && typeof value.reason === 'string') return;
  const fault = matrixFault(value?.matrix);
  if (fault !== undefined) refusals.add('qualification', `the kill matrix is none: ${fault}`);
}

/** The files that follow from the others, byte for byte. */
export function checkDerivedFiles(
  { files }: UnpackedPackage,
  facts: TargetFacts,
  { summary }: Derived,
  refusals: RefusalList,
): void {
  if (files.get('data/environment.json')?.sha256 !== sha256Of(environmentText(facts))) {
    const sentence = 'data/environment.json is not what the target says of itself in the runs';
    refusals.add('environment', sentence);
  }
  if (files.get('data/summary.html')?.sha256 !== sha256Of(summary)) {
    refusals.add('summary', 'data/summary.html is not the page that follows from the package');
  }
}
