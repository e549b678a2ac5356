import { modesFor } from '../generate/modes.ts';
import type { World } from '../generate/scenario.ts';
import type { CorpusEntry } from './entry.ts';
import { isSafe } from './safety.ts';

/** Whether a target can run an entry, and may be made to. */
export function fitsTarget(world: World, entry: CorpusEntry): boolean {
  const { abi, capabilities, mode, pageBytes, region } = entry;
  return (
    abi === world.abi.name &&
    BigInt(pageBytes) === world.page &&
    region === world.region.name &&
    modesFor(world).some(({ name }) => name === mode) &&
    capabilities.every((one) => world.capabilities.has(one)) &&
    isSafe(world, entry)
  );
}
