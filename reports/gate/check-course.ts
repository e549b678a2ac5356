import type { FieldDifference } from '../record/contradiction.ts';
import type { RecordedCase, RunRecord } from '../record/record.ts';

/**
 * Where a record says otherwise of its course than its cases and its sources: whether it is
 * complete, what ran when it ended, when it began and ended, how many cases its sources finished.
 */
export const courseDifference = (record: RunRecord): FieldDifference | undefined =>
  caseDifference(record) ??
  endDifference(record) ??
  sourceDifference(record) ??
  finishedDifference(record);

function caseDifference({
  cases,
  profile,
  profiles,
  shard,
}: RunRecord): FieldDifference | undefined {
  if (!profiles.some(({ name }) => name === profile)) {
    const follows = `one of ${profiles.map(({ name }) => name).join(', ')}`;
    return { field: 'profile', says: profile, follows };
  }
  const seen = new Set<string>();
  for (const one of cases) {
    const { id } = one;
    if (seen.has(id)) return { field: `cases[${id}]`, says: 'the case twice', follows: 'once' };
    seen.add(id);
    if (shard !== undefined && !shard.cases.includes(id)) {
      return { field: 'shard.cases', says: shard.cases, follows: `a list with ${id}` };
    }
    const ghost = ghostOf(one);
    if (ghost !== undefined) return { field: `cases[${id}].end`, says: 'not-run', follows: ghost };
  }
  return undefined;
}

/** What shows that a case ran which is said not to have. */
const ghostOf = ({ end, verdicts, evidence, attempts }: RecordedCase): string | undefined =>
  end === 'not-run' && (verdicts.length > 0 || evidence !== '' || attempts !== undefined)
    ? 'a case that ran'
    : undefined;

function endDifference(record: RunRecord): FieldDifference | undefined {
  const { cases, complete, incompleteReason, interruptedCase } = record;
  const missing = cases.find(({ end }) => end === 'not-run');
  if (complete && missing !== undefined) return { field: 'complete', says: true, follows: false };
  if (complete !== (incompleteReason === '')) {
    return { field: 'complete', says: complete, follows: incompleteReason === '' };
  }
  if (interruptedCase === '') return undefined;
  const field = 'interruptedCase';
  if (complete) return { field, says: interruptedCase, follows: '' };
  if (cases.some(({ id }) => id === interruptedCase)) return undefined;
  return { field, says: interruptedCase, follows: 'one of the cases' };
}

function sourceDifference(record: RunRecord): FieldDifference | undefined {
  const { sources, startedAt, endedAt, complete, environment } = record;
  if (sources.length === 0) return undefined;
  const at = (times: readonly string[]): readonly string[] =>
    times.toSorted((a, b) => Date.parse(a) - Date.parse(b));
  const begun = at(sources.map((one) => one.startedAt))[0];
  if (startedAt !== begun) return { field: 'startedAt', says: startedAt, follows: begun };
  const ended = at(sources.map((one) => one.endedAt)).at(-1);
  if (endedAt !== ended) return { field: 'endedAt', says: endedAt, follows: ended };
  const seed = sources[0]?.seed;
  if (record.seed !== seed) return { field: 'seed', says: record.seed, follows: seed };
  const strange = Object.entries(environment).find(([name, value]) =>
    sources.some((one) => one.environment[name] !== value),
  );
  if (strange !== undefined) {
    return { field: `environment.${strange[0]}`, says: strange[1], follows: undefined };
  }
  const whole = isWholeOf(record);
  return complete === whole ? undefined : { field: 'complete', says: complete, follows: whole };
}

/** Whether all sources are complete, and no shard is missing among several. */
function isWholeOf({ sources }: RunRecord): boolean {
  if (!sources.every(({ complete }) => complete)) return false;
  const shards = sources.flatMap(({ shard }) => (shard === undefined ? [] : [shard]));
  const indexes = new Set(shards.map(({ index }) => index));
  return sources.length === 1 || shards.every(({ count }) => count === indexes.size);
}

function finishedDifference({ cases, sources }: RunRecord): FieldDifference | undefined {
  if (sources.length === 0) return undefined;
  const finished = cases.filter(({ end }) => end !== 'not-run').length;
  const sum = sources.reduce((all, one) => all + one.finished, 0);
  const most = Math.max(...sources.map((one) => one.finished));
  const apart = sources.every(({ shard }) => shard !== undefined);
  if (apart ? finished === sum : most <= finished && finished <= sum) return undefined;
  return { field: 'sources, their finished cases together,', says: sum, follows: finished };
}
