import { type Adapter, usageError } from '../../../adapters/contract/index.ts';
import type { PackedTarget } from '../../../adapters/contract/packed.ts';
import { modeNames, PARALLEL } from '../../generate/mode-selection.ts';
import type { RoundReport } from '../../judge/round-report.ts';
import type { CampaignContext, ContextOptions } from '../../plan/campaign-context.ts';
import { type PartTask, reportOf } from './packed-report.ts';
import { PartRunner } from './part-runner.ts';
import { RoundMemory } from './round-memory.ts';

/** Everything that parallel rounds are a function of, and the target that they run on. */
export interface ParallelOptions extends Pick<ContextOptions, 'modes'> {
  readonly adapter: Adapter;
  readonly version: string;
  readonly seed: bigint;
}

/** The rounds of a campaign that several threads run at once; this thread has one part of each. */
export class ParallelRounds {
  readonly #options: ParallelOptions;

  constructor(options: ParallelOptions) {
    this.#options = options;
  }

  /**
   * The names of the modes of the campaign.
   *
   * @param context with the modes that are made of Programs
   * @throws {@link AllocertError} (usage) when parallel ones are asked for and cannot be had
   */
  names({ modes }: CampaignContext): readonly string[] {
    const { adapter, modes: wanted } = this.#options;
    const ordinary = modes.map(({ name }) => name);
    const names = modeNames(wanted, ordinary, adapter.packed !== undefined);
    if (names.includes(PARALLEL)) this.#target();
    return names;
  }

  /** 32-bit words of the target that threads share, when the campaign has such rounds. */
  words(names: readonly string[]): number | undefined {
    return names.includes(PARALLEL) ? this.#target().words : undefined;
  }

  /**
   * Runs one part of rounds while other threads run the rest.
   *
   * @returns the reports, in order, of part 0; nothing from the others
   * @throws Error when another part was lost
   */
  part(context: CampaignContext, task: PartTask): readonly RoundReport[] {
    const { buffer, indices, known, part, parts } = task;
    const { seed, version } = this.#options;
    const target = this.#target();
    const runner = new PartRunner(target, new RoundMemory(buffer, target.words, parts));
    const seen = new Set(known);
    return indices.flatMap((index) => {
      const round = runner.run({ version, seed, index, part });
      if (round === undefined) return [];
      const report = reportOf(context, round, index, seen);
      for (const signature of report.done.signatures) seen.add(signature);
      return [report];
    });
  }

  /**
   * Runs a round of a single part.
   *
   * @param seen signatures that need no proof any more; those of the round are added
   */
  alone(context: CampaignContext, index: number, seen: Set<string>): RoundReport {
    const buffer = new SharedArrayBuffer(RoundMemory.bytesFor(this.#target().words, 1));
    const task = { indices: [index], part: 0, parts: 1, buffer, known: seen };
    const [report] = this.part(context, task);
    if (report === undefined) throw new Error('the only part of a round gave no report');
    for (const signature of report.done.signatures) seen.add(signature);
    return report;
  }

  #target(): PackedTarget {
    const { packed, url } = this.#options.adapter;
    if (packed !== undefined) return packed;
    throw usageError(
      `threads cannot use ${url} together, or what is wrong with it would not show: ` +
        `leave the mode ${PARALLEL} out`,
    );
  }
}
