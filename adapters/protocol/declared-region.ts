import { usageError } from '../../base/errors.ts';
import type { RegionFacts, TargetFacts } from '../contract/index.ts';

/** What the user of a target says of its first region; it goes before what the agent sees. */
export interface DeclaredRegion {
  /** Whether filling it ends in an errno; undefined where the agent is to find out. */
  readonly bounded?: boolean;
}

/**
 * Reads `bounded=yes` or `bounded=no` of a URL.
 *
 * @throws {@link AllocertError} (usage) for another word
 */
export function parseDeclared(bounded: string | undefined, url: string): DeclaredRegion {
  if (bounded === undefined) return {};
  if (bounded === 'yes' || bounded === 'no') return { bounded: bounded === 'yes' };
  throw usageError(`${url} has bounded=${bounded}; use bounded=yes or bounded=no`);
}

/** Facts with what was declared of the first region, which the details name. */
export function withDeclared(facts: TargetFacts, { bounded }: DeclaredRegion): TargetFacts {
  const [first, ...others] = facts.regions;
  if (bounded === undefined || first === undefined) return facts;
  const details = {
    ...facts.details,
    [`${first.name} bounded`]: `${bounded ? 'yes' : 'no'} (URL)`,
  };
  return {
    ...facts,
    regions: [bounded ? { ...first, bounded } : unbounded(first), ...others],
    details,
  };
}

/** Its own size and area would be those of memory that it does not have for itself. */
function unbounded({ abi, name, node }: RegionFacts): RegionFacts {
  return { name, node, ...(abi === undefined ? {} : { abi }), bounded: false, gauge: 'MemFree' };
}
