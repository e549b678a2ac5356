import {
  canBeFailed,
  type History,
  type Operation,
  type Program,
  type Result,
  type Session,
  succeeded,
  TargetDeath,
  wordOf,
} from '../../adapters/contract/index.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import { Bystander } from './bystander.ts';
import type { FaultKind, FaultLedger } from './fault-report.ts';
import { HeardSession } from './heard-session.ts';
import { type FaultAttempt, misdeedsOf } from './judge-attempts.ts';
import { losesMemory, sizeClass } from './leak-count.ts';
import { looksAround, seenIn } from './looks-around.ts';
import { isLoop, joinedHistory, usesOwnSlot } from './program-parts.ts';
import { SHADOW, shadowPrograms } from './shadow.ts';
import { isAllocation, shapeOf, undoing } from './swept-calls.ts';

/** A call of one client, with what it needs. */
interface Call {
  readonly client: string;
  readonly operation: Operation;
  readonly slot: string;
  readonly program: Program;
}

/**
 * A session in which each call of a case fails before it succeeds: the first allocation of the
 * kernel in it fails, then the second, until none is left to fail. A call that failed must be as if
 * it had not been made, so that the case notices nothing, and goes on with the last attempt. The
 * same call is swept once in a case.
 */
export class SweepingSession implements Session {
  readonly #session: Session;
  readonly #heard: HeardSession;
  readonly #abi: Abi;
  readonly #ledger: FaultLedger;
  readonly #bound: number;
  readonly #bystander: Bystander;
  /** Calls whose memory was counted, over all cases. */
  readonly #counted: Set<string>;
  #caseId = '';
  /** The attempt that was made last: whatever the kernel complains of after it follows from it. */
  #last: { readonly call: Call; readonly nth: number } | undefined;
  #swept = new Set<string>();
  /** Slots that something was put into, without an index. */
  #slots = new Set<string>();

  constructor(
    session: Session,
    given: {
      readonly abi: Abi;
      readonly ledger: FaultLedger;
      readonly bound: number;
      readonly counted: Set<string>;
    },
  ) {
    this.#session = session;
    this.#abi = given.abi;
    this.#ledger = given.ledger;
    this.#bound = given.bound;
    this.#counted = given.counted;
    this.#heard = new HeardSession(session, {
      heard: (complaints) => {
        if (this.#last === undefined) return;
        this.#found('complaint', this.#last.call, this.#last.nth, complaints);
      },
      known: (complaint) => this.#ledger.warn(complaint, this.#caseId),
    });
    this.#bystander = new Bystander(this.#heard, given.abi);
  }

  get facts(): Session['facts'] {
    return this.#session.facts;
  }

  async begin(caseId: string): Promise<void> {
    await this.#session.begin(caseId);
    this.#caseId = caseId;
    this.#last = undefined;
    this.#swept = new Set();
    this.#slots = new Set();
    await this.#bystander.stand();
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  async run(program: Program): Promise<History> {
    const [thread] = program.threads;
    const plain = program.threads.length === 1 && !thread?.operations.some(isLoop);
    if (plain && thread !== undefined) {
      return this.#inPlace(program, thread.client, thread.operations);
    }
    await this.#apart(program);
    return this.#passOn(program);
  }

  async #passOn(program: Program): Promise<History> {
    const history = await this.#heard.run(program);
    for (const { operations } of program.threads) this.#noteSlots(operations);
    return history;
  }

  #noteSlots(operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.slot !== undefined) this.#slots.add(operation.slot.replace(/\[.*$/, ''));
      if (operation.op === 'repeat') this.#noteSlots(operation.body);
    }
  }

  /** Makes the calls of a Program one by one, each swept before it counts. */
  async #inPlace(
    program: Program,
    client: string,
    operations: readonly Operation[],
  ): Promise<History> {
    const parts: History[] = [];
    let pending: Operation[] = [];
    const flush = async (): Promise<void> => {
      if (pending.length === 0) return;
      parts.push(await this.#passOn({ ...program, threads: [{ client, operations: pending }] }));
      pending = [];
    };
    for (const operation of operations) {
      if (!this.#isDue(operation)) {
        pending.push(operation);
        continue;
      }
      await flush();
      const slot = operation.slot ?? 'fault-result';
      parts.push(await this.#sweep({ client, operation, slot, program }));
    }
    await flush();
    return joinedHistory(parts);
  }

  #isDue(operation: Operation): boolean {
    if (!canBeFailed(operation) || usesOwnSlot(operation)) return false;
    return !this.#swept.has(shapeOf(operation));
  }

  /** Makes a call until no allocation fails in it any more; the History of the last attempt. */
  async #sweep(call: Call): Promise<History> {
    const { operation } = call;
    const shape = shapeOf(operation);
    this.#swept.add(shape);
    this.#ledger.begin(operation.op, shape);
    const attempts: FaultAttempt[] = [];
    let history: History | undefined;
    for (let nth = 1; nth <= this.#bound && history === undefined; nth += 1) {
      const [attempt, last] = await this.#attempt(call, nth);
      if (attempt === undefined) {
        history = last;
        break;
      }
      attempts.push(attempt);
      if (attempt.injected) this.#ledger.point(operation.op, succeeded(attempt.result));
      if (!attempt.injected || !(await this.#canGoOn(call, attempt))) history = last;
    }
    if (history === undefined) this.#ledger.counts.bounded += 1;
    history ??= await this.#passOn(onlyThe(call));
    const last = history.threads[0]?.[0];
    const rules = { abi: this.#abi, facts: this.facts };
    for (const { detail, kind, nth } of misdeedsOf(rules, operation, attempts, last)) {
      this.#found(kind, call, nth, detail);
    }
    await this.#afterwards(call, attempts);
    return history;
  }

  /** Nothing as attempt: the client no longer runs, or the kernel cannot be armed there. */
  async #attempt(call: Call, nth: number): Promise<[FaultAttempt | undefined, History]> {
    const operation = { ...call.operation, slot: call.slot } as Operation;
    const around = this.facts.capabilities.includes('procfs') ? looksAround(operation) : [];
    const operations: Operation[] = [
      ...around,
      { op: 'failnth', nth: BigInt(nth) },
      operation,
      { op: 'failnth', nth: 0n },
      ...around,
    ];
    const threads = [{ client: call.client, operations }];
    const history = await this.#watched(call, nth, { ...call.program, threads });
    const results = history.threads[0] ?? [];
    const at = around.length + 1;
    const result = results[at];
    if (result === undefined) return [undefined, history];
    const own = { ...history, threads: [[result]] };
    const [armed, told] = [results[at - 1], results[at + 1]];
    if (history.deaths.some(({ client }) => client === call.client)) {
      this.#found('client lost', call, nth, `the client ended: ${wordOf(result)}`);
      return [undefined, own];
    }
    if (armed === undefined || !succeeded(armed) || told === undefined || !succeeded(told)) {
      this.#ledger.counts.unarmed += 1;
      return [undefined, own];
    }
    const before = seenIn(results.slice(0, around.length));
    const after = seenIn(results.slice(at + 2));
    return [{ nth, result, injected: told.value === 1n, before, after }, own];
  }

  /** Runs the Program of an attempt, which a target may not outlive. */
  async #watched(call: Call, nth: number, program: Program): Promise<History> {
    this.#last = { call, nth };
    try {
      return await this.#passOn(program);
    } catch (thrown) {
      if (thrown instanceof TargetDeath) {
        const last = thrown.log.slice(-3).join('; ');
        this.#found('target lost', call, nth, `${thrown.manner}: ${thrown.message} ${last}`.trim());
      }
      throw thrown;
    }
  }

  /** Undoes a call that stood the failure, so that the next one can be looked for. */
  async #canGoOn(call: Call, { result }: FaultAttempt): Promise<boolean> {
    if (result.outcome !== 'returned') return false;
    if (!succeeded(result)) return true;
    const undo = undoing(this.#abi, call.operation, call.slot);
    if (undo === 'cannot') {
      this.#ledger.counts.cut += 1;
      return false;
    }
    if (undo.length > 0) {
      const threads = [{ client: call.client, operations: undo }];
      await this.#passOn({ ...call.program, threads });
    }
    return true;
  }

  /** What must be so whatever failed: other buffers are whole, and no memory is gone. */
  async #afterwards(call: Call, attempts: readonly FaultAttempt[]): Promise<void> {
    const points = attempts.filter(({ injected }) => injected);
    if (points.length === 0) return;
    const harm = await this.#bystander.harm();
    if (harm !== undefined) this.#found('damage', call, 0, harm);
    if (!isAllocation(this.#abi, call.operation)) return;
    for (const { nth, result } of points) {
      const key = `${sizeClass(this.#heard, this.#abi, call.operation)} ${nth}`;
      if (succeeded(result) || this.#counted.has(key)) continue;
      this.#counted.add(key);
      this.#ledger.counts.counted += 1;
      const lost = await losesMemory(this.#heard, this.#abi, {
        client: call.client,
        operation: call.operation,
        nth,
      });
      if (lost !== undefined) this.#found('leak', call, nth, lost);
    }
  }

  /** Sweeps the calls of loops and threads in a child of their client, before they run. */
  async #apart(program: Program): Promise<void> {
    for (const one of shadowPrograms(this.#abi, program, this.#slots)) {
      const due = one.operations.filter((operation) => this.#isDue(operation));
      if (due.length === 0) continue;
      const { deadlineMs } = program;
      const fork: Operation = { op: 'fork', slot: 'fault-child', client: SHADOW };
      const born = await this.#run(one.client, [fork], deadlineMs);
      if (born === undefined || !succeeded(born)) continue;
      this.#ledger.counts.apart += due.length;
      await this.#inPlace({ threads: [], deadlineMs }, SHADOW, one.operations);
      await this.#run('main', END_OF_SHADOW, deadlineMs);
    }
  }

  async #run(
    client: string,
    operations: readonly Operation[],
    deadlineMs: number,
  ): Promise<Result | undefined> {
    const history = await this.#passOn({ threads: [{ client, operations }], deadlineMs });
    return history.threads[0]?.[0];
  }

  #found(kind: FaultKind, { operation }: Call, nth: number, detail: string): void {
    const call = `${operation.op} ${shapeOf(operation)}`;
    this.#ledger.add({ kind, caseId: this.#caseId, call, nth, detail });
  }
}

const END_OF_SHADOW: readonly Operation[] = [
  { op: 'kill', client: SHADOW, signal: 9n },
  { op: 'wait', client: SHADOW },
];

const onlyThe = ({ client, operation, program }: Call): Program => ({
  ...program,
  threads: [{ client, operations: [operation] }],
});
