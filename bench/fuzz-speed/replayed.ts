import {
  HEAD,
  NOT_RUN,
  OPERATION_WORDS,
  type PackedTarget,
  RESULT_WORDS,
} from '../../adapters/contract/packed.ts';
import { type PackedCalls, runPacked } from '../../adapters/simulator/parallel/run.ts';
import { PartJudge } from '../../fuzz/execute/parallel/judge-part.ts';
import { judgeRound } from '../../fuzz/execute/parallel/judge-round.ts';
import { PartRunner } from '../../fuzz/execute/parallel/part-runner.ts';
import {
  PART_SUMMARY,
  type PartMemory,
  RoundMemory,
} from '../../fuzz/execute/parallel/round-memory.ts';
import {
  PART_OPERATIONS,
  PackedWriter,
  type PartOrigin,
} from '../../fuzz/generate/packed-writer.ts';
import type { ThreadLifetimes } from '../../oracles/sweep.ts';

/** A target that does nothing: it answers what a right one has answered before. */
class Replayed implements PackedCalls {
  value = 0;
  page = -1;
  #answers = new Int32Array(0);
  #at = 0;

  begin(answers: Int32Array<ArrayBuffer>): void {
    this.#answers = answers;
    this.#at = 0;
  }

  allocate(): number {
    return this.#answer();
  }
  duplicate(): number {
    return this.#answer();
  }
  close(): number {
    return this.#answer();
  }
  stamp(): number {
    return this.#answer();
  }
  check(): number {
    return this.#answer();
  }

  #answer(): number {
    const at = this.#at;
    this.#at = at + 3;
    this.value = this.#answers[at + 1] as number;
    this.page = this.#answers[at + 2] as number;
    return this.#answers[at] as number;
  }
}

/** Rounds of one part that were run before, so that everything but the target can be measured. */
export class ReplayedRounds {
  readonly #target: PackedTarget;
  readonly #memory: RoundMemory;
  readonly #part: PartMemory;
  readonly #writer = new PackedWriter();
  readonly #judge = new PartJudge();
  readonly #calls = new Replayed();
  readonly #answers: Int32Array<ArrayBuffer>[] = [];

  constructor(target: PackedTarget, rounds: number) {
    this.#target = target;
    const buffer = new SharedArrayBuffer(RoundMemory.bytesFor(target.words, 1));
    this.#memory = new RoundMemory(buffer, target.words, 1);
    const [part] = this.#memory.parts;
    if (part === undefined) throw new RangeError('a round has a part');
    this.#part = part;
    for (let index = 0; index < rounds; index += 1) this.#answers.push(this.#recorded(index));
  }

  /** Generates, records and judges every round. @returns how many operations they had */
  run(): number {
    let operations = 0;
    for (const [index, answers] of this.#answers.entries()) {
      operations += this.#generate(index, (program, history) => {
        this.#calls.begin(answers);
        runPacked(this.#calls, this.#memory.target, program, history);
      });
      const { pages } = this.#target;
      const { violations } = judgeRound(
        this.#memory.parts,
        this.#memory.tickets,
        this.#target,
        pages,
      );
      if (violations.length > 0) throw new Error(`round ${index} was not as it was recorded`);
    }
    return operations;
  }

  /** Runs every round on a target, all included. @returns how many operations they had */
  runOn(target: PackedTarget): number {
    const runner = new PartRunner(target, this.#memory);
    this.#memory.target.fill(0, 0, HEAD.target);
    return this.#answers.reduce((sum, _, index) => {
      const round = runner.run({ version: 'bench', seed: 1n, index, part: 0 });
      return sum + (round?.operations ?? 0);
    }, 0);
  }

  /** The lives of each round. */
  lives(): ThreadLifetimes[] {
    return this.#answers.map((answers, index) => {
      this.#generate(index, (program, history) => {
        this.#calls.begin(answers);
        runPacked(this.#calls, this.#memory.target, program, history);
      });
      const { changes, lives, summary } = this.#part;
      return { lives: lives.slice(), changes: changes.slice(0, summary[PART_SUMMARY.changes]) };
    });
  }

  #generate(index: number, run: (program: Int32Array, history: Int32Array) => void): number {
    const origin: PartOrigin = { version: 'bench', seed: 1n, index, part: 0 };
    const operations = this.#writer.write(this.#part.program, origin, this.#target.pages);
    this.#memory.restartClock();
    run(
      this.#part.program.subarray(0, operations * OPERATION_WORDS),
      this.#part.history.subarray(0, operations * RESULT_WORDS),
    );
    this.#judge.judge(this.#part, operations);
    return operations;
  }

  #recorded(index: number): Int32Array<ArrayBuffer> {
    this.#memory.target.fill(0, 0, HEAD.target);
    this.#target.format(this.#memory.target);
    const client = this.#target.join(this.#memory.target);
    this.#generate(index, (program, history) => client.run(program, history));
    const answers: number[] = [];
    for (let row = 0; row < PART_OPERATIONS; row += 1) {
      const [errno = 0, value = 0, page = 0] = this.#part.history.subarray(row * RESULT_WORDS);
      if (errno !== NOT_RUN) answers.push(errno, value, page);
    }
    return Int32Array.from(answers);
  }
}
