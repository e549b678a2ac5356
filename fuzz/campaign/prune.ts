import { setImmediate } from 'node:timers/promises';
import { type Adapter, type Session, TargetDeath } from '../../adapters/contract/index.ts';
import type { CorpusFolder } from '../corpus/corpus-folder.ts';
import { coverOf } from '../corpus/cover.ts';
import { coverageOf } from '../corpus/coverage.ts';
import { entryFrom, type StoredEntry } from '../corpus/entry.ts';
import { fitsTarget } from '../corpus/fit.ts';
import { runScenario } from '../execute/run-scenario.ts';
import type { Scenario } from '../generate/scenario.ts';
import { type CampaignContext, campaignContext } from '../plan/campaign-context.ts';

/** Where entries are run to see what they show. */
export interface PruneTarget {
  readonly adapter: Adapter;
  /** Bytes that the live buffers of an entry may have together. */
  readonly memoryLimit: bigint;
  /** Stops between two entries, before any is removed; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Hears of each entry before it runs. */
  onEntry?(index: number, total: number): void;
}

/** The result of pruning a corpus folder. */
export interface Pruned {
  /** Entries before and after, of those that were judged. */
  readonly before: number;
  readonly kept: number;
  /** Coverage signatures that all of them show together, before and after. */
  readonly signatures: number;
  /** Entries that the target cannot run; they stay. */
  readonly unfit: number;
  /** A sentence about files that are no entries; empty when there are none. */
  readonly warning: string;
}

/**
 * Removes entries from a folder until only a small set is left that shows every coverage signature:
 * those that they have showed when they were found, or what a target makes of them now.
 *
 * @param isTrial counts what would be removed, and removes nothing
 * @throws {@link AllocertError} when the target cannot be reached
 */
export async function pruneCorpus(
  folder: CorpusFolder,
  target: PruneTarget | undefined,
  isTrial = false,
): Promise<Pruned> {
  const { entries, warning } = folder.read();
  const judged = target === undefined ? entries : await seenOn(target, entries);
  const kept = new Set(coverOf(judged).map(({ digest }) => digest));
  const spare = judged.map(({ digest }) => digest).filter((digest) => !kept.has(digest));
  if (!isTrial) folder.remove(spare);
  return {
    before: judged.length,
    kept: kept.size,
    signatures: new Set(judged.flatMap(({ signatures }) => signatures)).size,
    unfit: entries.length - judged.length,
    warning,
  };
}

/** The entries that a target can run, with the signatures that they show there. */
async function seenOn(
  { adapter, memoryLimit, onEntry, signal }: PruneTarget,
  entries: readonly StoredEntry[],
): Promise<StoredEntry[]> {
  const seen: StoredEntry[] = [];
  let session: Session | undefined = await adapter.open();
  const context = campaignContext(session.facts, { modes: [], memoryLimit });
  try {
    for (const [index, stored] of entries.entries()) {
      // A target in this process never waits; without this no signal or timer would be heard.
      await setImmediate();
      signal?.throwIfAborted();
      onEntry?.(index, entries.length);
      const { mode, programs, ...rest } = entryFrom(stored.text);
      if (!fitsTarget(context.generator, { ...rest, mode, programs })) continue;
      session ??= await adapter.open();
      const { signatures, stands } = await shown(session, context, { mode, programs });
      seen.push({ ...stored, signatures });
      if (stands && adapter.independent !== true) continue;
      await session.close();
      session = undefined;
    }
  } finally {
    await session?.close();
  }
  return seen;
}

/** A target that dies of an entry shows one thing: that it does. */
async function shown(
  session: Session,
  { rules, generator }: CampaignContext,
  scenario: Scenario,
): Promise<{ readonly signatures: readonly string[]; readonly stands: boolean }> {
  let signatures: readonly string[] = [];
  try {
    await runScenario(session, generator, rules, scenario, ({ buffers, timeline }, edges) => {
      signatures = coverageOf(generator, timeline, buffers, edges).signatures;
    });
  } catch (thrown) {
    if (!(thrown instanceof TargetDeath)) throw thrown;
    return { signatures: [`death ${thrown.manner}`], stands: false };
  }
  return { signatures, stands: true };
}
