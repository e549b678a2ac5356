import { packed } from '../../../adapters/contract/index.ts';
import { PackedWriter, type PartOrigin } from '../../generate/packed-writer.ts';
import { PartJudge } from './judge-part.ts';
import { type JudgedRound, judgeRound } from './judge-round.ts';
import { PART_SUMMARY, type PartMemory, type RoundMemory, waitForParts } from './round-memory.ts';

/** A round that is over, as the part that judges it reports it. */
export interface PackedRound extends JudgedRound {
  readonly memory: RoundMemory;
  /** Operations that were run, by all parts together. */
  readonly operations: number;
}

/**
 * Runs one part of rounds that other threads run the rest of, one round after the other. Part 0
 * prepares the region, and judges the parts together. What is needed for that is kept from round to
 * round.
 */
export class PartRunner {
  readonly #target: packed.PackedTarget;
  readonly #memory: RoundMemory;
  readonly #writer = new PackedWriter();
  readonly #judge = new PartJudge();
  /** Threads that have been everywhere where they meet, by now. */
  #arrivals = 0;

  /** @param memory cleared before the first part begins */
  constructor(target: packed.PackedTarget, memory: RoundMemory) {
    this.#target = target;
    this.#memory = memory;
  }

  /**
   * Runs the part of one round.
   *
   * @returns undefined for every part but 0
   * @throws Error when another part was lost
   */
  run(origin: PartOrigin): PackedRound | undefined {
    const memory = this.#memory;
    const target = this.#target;
    const own = memory.parts[origin.part];
    if (own === undefined) throw new RangeError(`there is no part ${origin.part}`);
    if (origin.part === 0) {
      memory.restartClock();
      target.format(memory.target);
    }
    // By now the round before is judged, and the region is ready.
    this.#meet();
    const client = target.join(memory.target);
    const operations = this.#writer.write(own.program, origin, target.pages);
    const program = own.program.subarray(0, operations * packed.OPERATION_WORDS);
    const history = own.history.subarray(0, operations * packed.RESULT_WORDS);
    this.#meet();
    client.run(program, history);
    this.#judge.judge(own, operations);
    if (client.complaints().length > 0) this.#judge.complained();
    this.#meet();
    if (origin.part !== 0) return undefined;
    const judged = judgeRound(memory.parts, memory.tickets, target, client.freePages);
    return { memory, operations: ranIn(memory.parts), ...judged };
  }

  #meet(): void {
    this.#arrivals += this.#memory.parts.length;
    waitForParts(this.#memory.target, this.#arrivals);
  }
}

const ranIn = (parts: readonly PartMemory[]): number =>
  parts.reduce((sum, { summary }) => sum + (summary[PART_SUMMARY.ran] ?? 0), 0);
