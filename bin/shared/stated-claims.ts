import { usageError } from '../../base/errors.ts';
import { claimLines, type StatementLine, skipLine } from '../../certify/statement/claim-lines.ts';
import { isLie } from '../../certify/statement/claim-verdict.ts';
import { inconsistencies } from '../../certify/statement/consistency.ts';
import { type GivenStatement, readStatement } from '../../certify/statement/read-statement.ts';
import { judgeStatement, writeClaims } from '../../certify/statement/report-claims.ts';
import { wrap } from '../../reports/formats/layout.ts';
import { dayOf } from '../../reports/gate/read-waivers.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import type { Reporter } from '../../reports/reporters.ts';
import { mention, say } from './terminal.ts';

/** Prints lines on a statement. */
export function printLines(
  lines: readonly StatementLine[],
  print: (line: string) => void = say,
): void {
  for (const { first, text } of lines) for (const line of wrap(first, text)) print(line);
}

/**
 * A statement against which a run is to be held.
 *
 * @param profile the one that was typed; undefined when none was
 * @throws {@link AllocertError} (usage) when it is no statement, contradicts itself, or is about
 *   another profile
 */
export function statementForRun(file: string, profile: string | undefined): GivenStatement {
  const given = readStatement(file);
  const stated = given.statement.profile;
  const found = inconsistencies(given.statement, dayOf(new Date()));
  const wrong = found.find(({ erratum }) => erratum === undefined);
  if (wrong !== undefined) {
    throw usageError(`${file} contradicts itself: ${wrong.sentence}; see statement check ${file}`);
  }
  if (profile === undefined || profile === stated) return given;
  throw usageError(`${file} is about the profile ${stated}, and --profile says ${profile}`);
}

/**
 * Holds a record against a statement, prints what comes of it, and keeps it in the report folder.
 *
 * @param folder undefined where the report is lost
 * @param reporters a format on standard output has it alone
 * @returns whether a claim is contradicted
 */
export function holdAgainst(
  { statement, value }: GivenStatement,
  record: RunRecord,
  folder: string | undefined,
  reporters: readonly Reporter[],
): boolean {
  const judged = judgeStatement(statement, record);
  if (folder !== undefined) writeClaims(folder, value, judged);
  const { name, version } = statement.product;
  const taken = reporters.some(({ path }) => path === '-');
  const head = { first: 'Statement of ', text: `${name} ${version}:` };
  const lines = [
    { first: '', text: '' },
    head,
    ...claimLines(judged.claims),
    skipLine(judged.skips),
  ];
  printLines(lines, taken ? mention : say);
  return judged.claims.some(isLie);
}
