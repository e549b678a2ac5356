import { isErrnoName } from '../../adapters/contract/index.ts';
import { nameBlockers } from '../record/blockers.ts';
import { isWhole } from '../record/claim.ts';
import { combineAttempts } from '../record/combine-attempts.ts';
import { contradiction, type FieldDifference, firstDifference } from '../record/contradiction.ts';
import { readRecord } from '../record/read-record.ts';
import { KERNEL_ALARM, type RecordedCase, type RunRecord, type Verdict } from '../record/record.ts';
import { courseDifference } from './check-course.ts';
import { gate } from './gate.ts';
import { recordedSettings } from './recorded-settings.ts';
import { rederive } from './rederive.ts';
import { rawVerdict } from './without-gate.ts';

/**
 * Refuses a record that says otherwise than what follows from the verdicts in it: what the runs of
 * a case come to, the statuses of requirements, summaries, the outcome of the gate, the exit code.
 *
 * @throws {@link AllocertError} (machine) naming the first contradiction
 */
export function refuseContradiction(record: RunRecord, file: string): void {
  const found =
    courseDifference(record) ?? verdictDifference(record.cases) ?? conclusionDifference(record);
  if (found !== undefined) throw contradiction(file, 'its own cases', found);
}

/**
 * Reads a record that does not contradict itself.
 *
 * @throws {@link AllocertError} as `readRecord` and {@link refuseContradiction} do
 */
export function checkedRecord(file: string): RunRecord {
  const record = readRecord(file);
  refuseContradiction(record, file);
  return record;
}

/**
 * A verdict that passed although what it saw first is not expected, or failed although it is. Later
 * observations may have been under other roles, of which other things are expected.
 */
function verdictDifference(cases: readonly RecordedCase[]): FieldDifference | undefined {
  for (const { id, verdicts, attempts = [] } of cases) {
    const all = [...verdicts, ...attempts.flatMap((one) => one.verdicts)].map(rawVerdict);
    const wrong = all.find((one) => followingStatus(one) !== undefined);
    if (wrong === undefined) continue;
    const { requirement, profile, status } = wrong;
    const field = `cases[${id}].verdicts[${requirement} ${profile}].status`;
    return { field, says: status, follows: followingStatus(wrong) };
  }
  return undefined;
}

/** The status of a verdict that has a wrong one; undefined for others. */
function followingStatus({ status, expected, observed }: Verdict): string | undefined {
  const [first] = observed;
  if (first === undefined || expected.length === 0) return undefined;
  // `error` stands for any errno that has a name.
  const matches = expected.includes(first) || (expected.includes('error') && isErrnoName(first));
  if (status === 'pass' && !matches) return 'fail';
  const failed = status === 'fail' || status === 'warn';
  return failed && matches && !observed.includes(KERNEL_ALARM) ? 'pass' : undefined;
}

function conclusionDifference(record: RunRecord): FieldDifference | undefined {
  const follows = followingFrom(record);
  const says = record.cases.map((one, at) => asOld(one, follows.cases[at]));
  const older = lacksClaims(record);
  return (
    firstDifference(says, follows.cases, 'cases') ??
    firstDifference(record.requirements, follows.requirements, 'requirements') ??
    summaryDifference(record, follows, older) ??
    firstDifference(sorted(record.waivers), sorted(follows.waivers), 'waivers') ??
    gateDifference(record, follows) ??
    (older && follows.exitCode === 3
      ? undefined
      : firstDifference(record.exitCode, follows.exitCode, 'exitCode'))
  );
}

/** The record that follows from the verdicts of single runs, without their waivers. */
function followingFrom(record: RunRecord): RunRecord {
  const { gate: outcome, ...rest } = record;
  const combined = record.cases.map((one) => combinedAgain(one, record));
  const raw = rederive({ ...rest, waivers: [] }, nameBlockers(combined, record));
  if (outcome === undefined) return raw;
  return gate(raw, recordedSettings(raw, outcome, record.waivers));
}

function combinedAgain(one: RecordedCase, run: RunRecord): RecordedCase {
  const { id, title, requirements, attempts, retried } = one;
  if (attempts === undefined) {
    const isRaw = one.verdicts.every(({ waivedFrom }) => waivedFrom === undefined);
    return isRaw ? one : { ...one, verdicts: one.verdicts.map(rawVerdict) };
  }
  const settled = combineAttempts({ id, title, requirements }, attempts, run);
  return retried === undefined ? settled : { ...settled, retried };
}

/** A case as it is compared: older records do not say who is to blame for a failed step. */
function asOld(says: RecordedCase, follows: RecordedCase | undefined): RecordedCase {
  const by = follows?.blocked?.by;
  if (says.blocked === undefined || says.blocked.by !== undefined || by === undefined) return says;
  return { ...says, blocked: { ...says.blocked, by } };
}

/** Older records have no claim, without which more of them hold. */
const lacksClaims = (record: RunRecord): boolean =>
  isWhole(record) && record.summaries.every(({ claim }) => claim === undefined);

function summaryDifference(
  says: RunRecord,
  follows: RunRecord,
  older: boolean,
): FieldDifference | undefined {
  if (!older) return firstDifference(says.summaries, follows.summaries, 'summaries');
  const without = ({ summaries }: RunRecord) =>
    summaries.map(({ claim: _, holds: __, ...rest }) => rest);
  return firstDifference(without(says), without(follows), 'summaries');
}

/** Gates of before do not say which rows they left open, and have other reasons. */
function gateDifference(
  { gate: says, exitCode }: RunRecord,
  follows: RunRecord,
): FieldDifference | undefined {
  if (says === undefined || follows.gate === undefined) return undefined;
  const lists = ['expired', 'refused', 'unused', 'passingAgain', 'reasons', 'warnings'] as const;
  for (const name of lists) {
    if (says.open === undefined && (name === 'reasons' || name === 'warnings')) continue;
    const field = `gate.${name}`;
    const found = firstDifference(sorted(says[name]), sorted(follows.gate[name]), field);
    if (found !== undefined) return found;
  }
  const { open, flaked, ...facts } = { ...follows.gate, ...pick(says, lists) };
  if (says.open === undefined) return firstDifference(says, facts, 'gate');
  return (
    firstDifference(says, { ...facts, open, flaked }, 'gate') ??
    firstDifference(exitCode, follows.exitCode, 'exitCode')
  );
}

const pick = <T, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> =>
  Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;

/** Waivers are kept by what came of them, so that their order is lost. */
const sorted = (values: readonly unknown[]): readonly unknown[] =>
  [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
