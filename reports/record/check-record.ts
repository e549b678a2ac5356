import { isDeepStrictEqual } from 'node:util';
import { machineError } from '../../base/errors.ts';
import { conclusionsOf } from './conclusions.ts';
import type { RunRecord } from './record.ts';

/**
 * Refuses a record whose exit code or statuses are not what its own cases come to. A gate decides
 * the exit code by more than the cases, so that only the statuses are compared there.
 *
 * @throws {@link AllocertError} (machine) naming what contradicts
 */
export function refuseContradiction(record: RunRecord, file: string): void {
  const { cases, complete, fuzz } = record;
  const derived = conclusionsOf(record, cases, complete, fuzz);
  for (const [index, { id, statuses }] of derived.requirements.entries()) {
    if (isDeepStrictEqual(statuses, record.requirements[index]?.statuses)) continue;
    throw contradiction(file, `the statuses of ${id} are not those that its cases come to`);
  }
  if (record.gate !== undefined || record.exitCode === derived.exitCode) return;
  // Older records have no claim, without which more of them hold.
  const older = record.summaries.some(
    ({ claim }, index) => claim === undefined && derived.summaries[index]?.claim !== undefined,
  );
  if (older && derived.exitCode === 3) return;
  throw contradiction(
    file,
    `exitCode is ${record.exitCode}, and its cases come to ${derived.exitCode}`,
  );
}

const contradiction = (file: string, what: string): Error =>
  machineError(`${file} contradicts itself: ${what}; it was changed, so restore it`);
