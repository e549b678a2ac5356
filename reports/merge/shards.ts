import { usageError } from '../../base/errors.ts';
import type { Shard } from '../record/record.ts';
import type { RecordInput } from './input.ts';

/** The whole that shards make together. */
export interface Whole {
  /** Ids of all cases, in the order of an undivided run. */
  readonly cases: readonly string[];
  /** Numbers of the shards that are missing. */
  readonly missing: readonly number[];
  readonly count: number;
}

/**
 * How shards fit together.
 *
 * @returns undefined when the records are no shards
 * @throws {@link AllocertError} (usage) when one is given twice, or they are not of one run
 */
export function wholeOf(records: readonly RecordInput[]): Whole | undefined {
  const part = records.find((one) => one.record.shard !== undefined);
  const shard = part?.record.shard;
  if (part === undefined || shard === undefined) return undefined;
  const seen = new Map<number, string>();
  for (const { path, record } of records) {
    const mine = record.shard;
    if (mine === undefined) {
      throw usageError(
        `${part.path} is a shard and ${path} is not; merge all shards of a run in one command, ` +
          'without others',
      );
    }
    refuseOther(shard, mine, part.path, path);
    const twin = seen.get(mine.index);
    if (twin !== undefined) {
      throw usageError(
        `${twin} and ${path} are both shard ${mine.index} of ${mine.count}; leave one of them out`,
      );
    }
    seen.set(mine.index, path);
  }
  const numbers = Array.from({ length: shard.count }, (_, index) => index + 1);
  const missing = numbers.filter((number) => !seen.has(number));
  return { cases: shard.cases, missing, count: shard.count };
}

function refuseOther(first: Shard, other: Shard, firstPath: string, path: string): void {
  if (first.count !== other.count) {
    throw usageError(
      `${firstPath} is one of ${first.count} shards and ${path} one of ${other.count}; ` +
        'merge shards of one division',
    );
  }
  if (JSON.stringify(first.cases) === JSON.stringify(other.cases)) return;
  throw usageError(
    `${firstPath} and ${path} divide different sets of cases; run all shards with the same --only`,
  );
}

/** Why shards are no complete run, in a sentence; empty when none is missing. */
export function missingSentence({ missing, count }: Whole): string {
  if (missing.length === 0) return '';
  const [word, are] = missing.length === 1 ? ['shard', 'is'] : ['shards', 'are'];
  return `${word} ${missing.join(', ')} of ${count} ${are} missing`;
}
