import { modesFor } from '../generate/modes.ts';
import type { GeneratorContext } from '../generate/scenario.ts';
import type { CorpusEntry } from './entry.ts';
import { isSafe } from './safety.ts';

/** Whether a target can run an entry, and may be made to. */
export function fitsTarget(generator: GeneratorContext, entry: CorpusEntry): boolean {
  const { abi, capabilities, mode, pageBytes, region } = entry;
  return (
    abi === generator.abi.name &&
    BigInt(pageBytes) === generator.page &&
    region === generator.region.name &&
    modesFor(generator).some(({ name }) => name === mode) &&
    capabilities.every((one) => generator.capabilities.has(one)) &&
    isSafe(generator, entry)
  );
}
