import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { draftStatement } from '../../../certify/statement/draft.ts';
import { parseStatement } from '../../../certify/statement/read-statement.ts';
import { runProbes } from '../../../certify/statement/run-probes.ts';
import { BLANK, type Statement } from '../../../certify/statement/statement.ts';
import type { RunRecord } from '../../../reports/record/record.ts';

/** What the probes of a statement see of a simulator. */
export const recordOf = (url: string): Promise<RunRecord> => runProbes(openSimulator(url));

/**
 * A draft of a record in which a person has answered every blank: that the product has no feature
 * which was not seen, and the same words elsewhere.
 */
export const answered = (record: RunRecord): string =>
  draftStatement({ record, heaps: [] })
    .replaceAll(/("[a-z-]+-[a-z-]+": )"FILL-IN"/g, '$1false')
    .replaceAll(JSON.stringify(BLANK), '"Acme-1"');

/** The statement of a product that is what a record shows. */
export const truthful = (record: RunRecord): Statement =>
  parseStatement(answered(record), 'draft').statement;
