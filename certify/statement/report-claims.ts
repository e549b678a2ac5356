import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { jsonText } from '../../base/clean-text.ts';
import { readRegularJson } from '../../base/read-json.ts';
import { REPORT_FILES } from '../../reports/files/directory.ts';
import { replaceFile } from '../../reports/files/replace-file.ts';
import { contradiction, firstDifference } from '../../reports/record/contradiction.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import type { ClaimVerdict } from './claim-verdict.ts';
import { type JudgedSkip, judgeClaims, judgeSkips } from './judge-claims.ts';
import { type GivenStatement, readStatement } from './read-statement.ts';
import type { Statement } from './statement.ts';

/** What a run says of a statement, as `claims.json` in its report folder holds it. */
export interface JudgedStatement {
  readonly version: 1;
  readonly claims: readonly ClaimVerdict[];
  readonly skips: readonly JudgedSkip[];
}

/** What a record says of a statement. */
export const judgeStatement = (statement: Statement, record: RunRecord): JudgedStatement => ({
  version: 1,
  claims: judgeClaims(statement, record),
  skips: judgeSkips(statement, record),
});

/**
 * Puts a statement into a report folder, and what the run says of it.
 *
 * @throws {@link AllocertError} when they cannot be written
 */
export function writeClaims(folder: string, value: unknown, judged: JudgedStatement): void {
  replaceFile(folder, REPORT_FILES.statement, `${jsonText(value, 1)}\n`);
  replaceFile(folder, REPORT_FILES.claims, `${jsonText(judged, 1)}\n`);
}

/**
 * The statement that a run was held against.
 *
 * @returns undefined for a report that speaks of none
 * @throws {@link AllocertError} (usage) when it is damaged
 */
export function statementBeside(folder: string): GivenStatement | undefined {
  const file = join(folder, REPORT_FILES.statement);
  return existsSync(file) ? readStatement(file) : undefined;
}

/**
 * Refuses a report whose `claims.json` says otherwise than what follows from its statement and its
 * record.
 *
 * @throws {@link AllocertError} (machine) naming the first difference; (usage) for a damaged file
 */
export function refuseOtherClaims(folder: string, record: RunRecord): void {
  const file = join(folder, REPORT_FILES.claims);
  if (!existsSync(file)) return;
  const given = statementBeside(folder);
  const source = `${REPORT_FILES.statement} and ${REPORT_FILES.record}`;
  const says = readRegularJson(file, 'make the report again');
  const follows = given === undefined ? undefined : judgeStatement(given.statement, record);
  const found = firstDifference(says, follows, 'claims');
  if (found !== undefined) throw contradiction(file, source, found);
}
