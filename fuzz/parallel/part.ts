import { packed } from '../../adapters/contract/index.ts';
import type { PackedTarget } from '../../adapters/contract/packed.ts';
import { PackedWriter, type PartOrigin } from './generate.ts';
import { PartJudge } from './judge-part.ts';
import { judgeRound, type PackedViolation } from './judge-round.ts';
import { meet, type PartMemory, RoundMemory, SUMMARY } from './shared.ts';

/** Places at which the parts of a round wait for each other: when all can begin, and are at rest. */
const READY = 1;
const AT_REST = 2;

/** What came of a round, as the part that judges it says. */
export interface PackedRound {
  readonly memory: RoundMemory;
  /** Operations that were run, by all parts together. */
  readonly operations: number;
  readonly violations: readonly PackedViolation[];
}

/** Runs parts of rounds on one target; what it needs for that is kept from round to round. */
export class PartRunner {
  readonly #target: PackedTarget;
  readonly #writer = new PackedWriter();
  readonly #judge = new PartJudge();

  constructor(target: PackedTarget) {
    this.#target = target;
  }

  /**
   * Runs one part, at the same time as others run the rest. Part 0 prepares the region, and judges
   * the parts together.
   *
   * @param buffer a cleared memory of {@link RoundMemory.bytesFor} bytes
   * @returns undefined for every other part
   * @throws Error when another part was lost
   */
  run(buffer: SharedArrayBuffer, parts: number, origin: PartOrigin): PackedRound | undefined {
    const target = this.#target;
    const memory = new RoundMemory(buffer, target.words, parts);
    const own = memory.parts[origin.part];
    if (own === undefined) throw new RangeError(`there is no part ${origin.part}`);
    if (origin.part === 0) target.format(memory.target);
    const operations = this.#writer.write(own.program, origin, target.pages);
    meet(memory.target, READY * parts);
    const client = target.join(memory.target);
    client.run(
      own.program.subarray(0, operations * packed.OPERATION_WORDS),
      own.history.subarray(0, operations * packed.RESULT_WORDS),
    );
    this.#judge.judge(own, operations);
    if (client.complaints().length > 0) this.#judge.complained();
    meet(memory.target, AT_REST * parts);
    if (origin.part !== 0) return undefined;
    const violations = judgeRound(memory.parts, memory.tickets, target, client.freePages);
    return { memory, operations: ranIn(memory.parts), violations };
  }
}

const ranIn = (parts: readonly PartMemory[]): number =>
  parts.reduce((sum, { summary }) => sum + (summary[SUMMARY.ran] ?? 0), 0);
