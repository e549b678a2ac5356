import {
  errnoName,
  type History,
  type Operation,
  type Program,
  packed,
  type Result,
  type SlotRef,
  type Thread,
} from '../../../adapters/contract/index.ts';
import { requestBytes } from '../../../catalogue/abi-request.ts';
import { PARALLEL } from '../../generate/mode-selection.ts';
import { clientName, scaffolded } from '../../generate/scaffold.ts';
import type { GeneratorContext, Scenario } from '../../generate/scenario.ts';
import { ThreadWriter, type WrittenBuffer } from '../../generate/thread-writer.ts';
import type { PartMemory } from './round-memory.ts';

const { NOT_RUN, OPERATION_WORDS, PACKED, RESULT_WORDS } = packed;
const EMPTY = new Uint8Array(0);

/** A packed part as a thread, and what came back of it. */
interface WrittenPart {
  readonly thread: Thread;
  readonly results: readonly Result[];
}

/** Some of a packed round as a scenario: Programs, as the shrinker and every target know them. */
export interface AsProgram {
  readonly scenario: Scenario;
  /**
   * The results of the round, tickets for nanoseconds. Operations that a packed round does not have
   * (the scaffold around it, mappings, page frames) are `not-run`.
   */
  readonly histories: readonly History[];
}

/**
 * Rows of a packed round as Programs: a thread and a client for each part. Where a packed operation
 * reaches a buffer directly, a program needs a mapping, which is taken away before the last close.
 *
 * @param rows of each part
 */
export function asProgram(
  context: GeneratorContext,
  parts: readonly PartMemory[],
  rows: readonly (readonly number[])[],
): AsProgram {
  const written = parts.map((part, index) =>
    new PartWriter(context, part, index).write(rows[index] ?? []),
  );
  const clients = written.map((_, index) => clientName(index));
  const acts = [written.map(({ thread }) => thread)];
  const scenario = scaffolded(context, PARALLEL, clients, acts, 0n);
  const histories = scenario.programs.map((program) => historyOf(program, written));
  return { scenario, histories };
}

function historyOf({ threads }: Program, written: readonly WrittenPart[]): History {
  const results = threads.map(
    (thread) =>
      written.find((one) => one.thread === thread)?.results ??
      thread.operations.map(() => notRun(0n)),
  );
  return { threads: results, deaths: [], log: [], deadlineHit: false };
}

const notRun = (call: bigint): Result => ({ outcome: 'not-run', value: 0n, out: EMPTY, call });

/** A slot of the packed Program. */
interface Holder {
  readonly buffer: WrittenBuffer;
  readonly fd: SlotRef;
}

class PartWriter {
  readonly #context: GeneratorContext;
  readonly #part: PartMemory;
  readonly #client: string;
  readonly #writer: ThreadWriter;
  readonly #holders = new Map<number, Holder>();
  readonly #results: Result[] = [];

  constructor(context: GeneratorContext, part: PartMemory, index: number) {
    this.#context = context;
    this.#part = part;
    this.#client = clientName(index);
    this.#writer = new ThreadWriter(context, `t${index}`);
  }

  write(rows: readonly number[]): WrittenPart {
    for (const row of rows) this.#row(row);
    const { operations } = this.#writer;
    return { thread: { client: this.#client, operations }, results: this.#results };
  }

  #row(row: number): void {
    if (this.#part.history[row * RESULT_WORDS] === NOT_RUN) return;
    const [kind, slot = 0, value = 0] = this.#part.program.subarray(row * OPERATION_WORDS);
    const held = this.#holders.get(slot);
    if (kind === PACKED.allocate) this.#allocate(row, slot, value);
    else if (held === undefined) return;
    else if (kind === PACKED.duplicate) this.#duplicate(row, held, value);
    else if (kind === PACKED.close) this.#close(row, slot, held);
    else if (kind === PACKED.stamp) this.#add(row, () => this.#writer.stamp(held.buffer));
    else this.#add(row, () => this.#writer.check(held.buffer));
  }

  #allocate(row: number, slot: number, pages: number): void {
    let buffer: WrittenBuffer = { slot: '', length: 0n };
    const length = BigInt(pages) * this.#context.page;
    this.#add(row, () => {
      buffer = this.#writer.allocate({ length });
    });
    if (this.#part.history[row * RESULT_WORDS] !== 0) return;
    this.#holders.set(slot, { buffer, fd: this.#writer.descriptor(buffer) });
    this.#add(undefined, () => {
      this.#writer.map(buffer);
      this.#writer.look(buffer);
    });
  }

  #duplicate(row: number, { buffer, fd }: Holder, to: number): void {
    const slot = this.#writer.slot();
    this.#add(row, () => this.#writer.add({ op: 'dup', slot, fd }));
    this.#holders.set(to, { buffer, fd: { slot } });
  }

  #close(row: number, slot: number, { buffer, fd }: Holder): void {
    this.#holders.delete(slot);
    const last = [...this.#holders.values()].every((other) => other.buffer !== buffer);
    if (last) this.#add(undefined, () => this.#writer.unmap(buffer));
    this.#add(row, () => this.#writer.add({ op: 'close', fd }));
  }

  /** Writes operations, of which the first is a row's own, and their results. */
  #add(row: number | undefined, write: () => void): void {
    const before = this.#writer.operations.length;
    write();
    for (const [index, operation] of this.#writer.operations.slice(before).entries()) {
      const last = this.#results.at(-1);
      const own = index === 0 && row !== undefined;
      this.#results.push(own ? this.#resultOf(row, operation) : notRun(last?.call ?? 0n));
    }
  }

  #resultOf(row: number, operation: Operation): Result {
    const [errno = 0, value = 0, page = 0, call = 0, back = 0] = this.#part.history.subarray(
      row * RESULT_WORDS,
    );
    const times = { call: BigInt(call), return: BigInt(back) } as const;
    const common = { outcome: 'returned', ...times } as const;
    if (errno !== 0) return { ...common, errno: errnoName(errno), value: -1n, out: EMPTY };
    if (operation.op === 'ioctl') return { ...common, value: 0n, out: this.#answer(row, value) };
    if (operation.op !== 'scan') return { ...common, value: BigInt(value), out: EMPTY };
    // What fills a page says more than where in it the first byte differs.
    const differs = page >= 0;
    const length = typeof operation.length === 'bigint' ? operation.length : 0n;
    const counted = differs ? BigInt(page) * this.#context.page : length;
    const out = differs ? new Uint8Array(Int32Array.of(value).buffer) : EMPTY;
    return { ...common, value: counted, out };
  }

  #answer(row: number, descriptor: number): Uint8Array {
    const { abi, page } = this.#context;
    const pages = this.#part.program[row * OPERATION_WORDS + 2] ?? 0;
    const length = BigInt(pages) * page;
    return requestBytes(abi, { length, descriptor: BigInt(descriptor) });
  }
}
