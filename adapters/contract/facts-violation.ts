import type { RegionFacts, TargetFacts } from './session.ts';
import {
  firstViolation,
  list,
  maybeBigint,
  members,
  named,
  oneOf,
  positive,
  printableName,
  typed,
} from './violation-checks.ts';

/**
 * The first thing in which an adapter's answer is no {@link TargetFacts}, as a phrase that names the
 * place, such as `facts.pageSize must be a whole number above 0, not "4096"`.
 */
export const factsViolation = (answer: unknown): string | undefined =>
  firstViolation(() => checkFacts(answer));

const ABIS: readonly RegionFacts['abi'][] = ['simple-allocator', 'dma-heap'];
const GAUGES: readonly RegionFacts['gauge'][] = ['MemFree', 'CmaFree'];
const REGION = /^region:\d{1,9}$/;

/** Members that an adapter of others may have left out or filled with anything. */
type Unknown<T> = Partial<Record<keyof T, unknown>>;

function checkFacts(answer: unknown): void {
  const facts: Unknown<TargetFacts> = members(answer, 'facts');
  typed(facts.kind, 'string', 'facts.kind');
  typed(facts.implementation, 'string', 'facts.implementation');
  typed(facts.architecture, 'string', 'facts.architecture');
  positive(facts.pageSize, 'facts.pageSize');
  oneOf(facts.pointerBytes, [4, 8], 'facts.pointerBytes');
  typed(facts.kernelLog, 'boolean', 'facts.kernelLog');
  for (const [index, region] of list(facts.regions, 'facts.regions').entries()) {
    checkRegion(region, `facts.regions[${index}]`);
  }
  for (const [index, one] of list(facts.capabilities, 'facts.capabilities').entries()) {
    typed(one, 'string', `facts.capabilities[${index}]`);
  }
  for (const [name, one] of Object.entries(members(facts.details, 'facts.details'))) {
    typed(one, 'string', `facts.details[${printableName(name)}]`);
  }
  if (facts.kernel === undefined) return;
  const { release, version } = members(facts.kernel, 'facts.kernel');
  typed(release, 'string', 'facts.kernel.release');
  typed(version, 'string', 'facts.kernel.version');
}

function checkRegion(value: unknown, place: string): void {
  const region: Unknown<RegionFacts> = members(value, place);
  named(region.name, REGION, 'region:N', `${place}.name`);
  typed(region.node, 'string', `${place}.node`);
  typed(region.bounded, 'boolean', `${place}.bounded`);
  maybeBigint(region.sizeBytes, `${place}.sizeBytes`);
  if (region.abi !== undefined) oneOf(region.abi, ABIS, `${place}.abi`);
  if (region.gauge !== undefined) oneOf(region.gauge, GAUGES, `${place}.gauge`);
}
