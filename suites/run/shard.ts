import { createHash } from 'node:crypto';
import type { Shard } from '../../reports/record/record.ts';

/**
 * The number, from 1 to `count`, of the shard that a case belongs to. It follows from the case's id
 * alone: cases that come or go in another version move no other case.
 */
export const shardOf = (caseId: string, count: number): number =>
  (createHash('sha256').update(caseId).digest().readUInt32BE(0) % count) + 1;

/** Whether a case runs in a shard; it does where there is none. */
export const inShard = (
  caseId: string,
  shard: Pick<Shard, 'index' | 'count'> | undefined,
): boolean => shard === undefined || shardOf(caseId, shard.count) === shard.index;
