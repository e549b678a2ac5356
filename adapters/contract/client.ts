import { type History, type Outcome, type Result, succeeded, wordOf } from './history.ts';
import { OPERATION_ROWS, type OperationName } from './operations.ts';
import type { ArgumentsOf, Operation, Program, SlotRef } from './program.ts';
import type { Session } from './session.ts';

/** One answered operation: its result, and its slot for use as a later operand. */
export class Reply implements SlotRef {
  readonly slot: string;
  readonly result: Result;

  constructor(slot: string, result: Result) {
    this.slot = slot;
    this.result = result;
  }

  get outcome(): Outcome {
    return this.result.outcome;
  }
  get value(): bigint {
    return this.result.value;
  }
  get out(): Uint8Array {
    return this.result.out;
  }
  /** Whether the call returned without an error. */
  get ok(): boolean {
    return succeeded(this.result);
  }
  /** `ok`, an errno name, a signal or an outcome: what verdicts compare. */
  get word(): string {
    return wordOf(this.result);
  }

  /** A reference to a little-endian field of the out bytes. */
  field(offset: number, width: 1 | 2 | 4 | 8, signed = false): SlotRef {
    return { slot: this.slot, offset, width, signed };
  }
}

/** A client process: one method for each operation, each a Program of its own. */
export type Client = {
  readonly [Name in OperationName]: (arguments_: ArgumentsOf<Name>) => Promise<Reply>;
} & {
  /** The name that Programs give it. */
  readonly clientName: string;
};

/** What a Client needs of whoever owns it. */
export interface ClientOptions {
  readonly session: Pick<Session, 'run'>;
  readonly clientName: string;
  /** Milliseconds for each operation; asked anew each time. */
  deadlineMs(): number;
  /** A slot name not used before. */
  nextSlot(): string;
  /** Sees every History and what was asked, for log lines, deaths and what is unsupported. */
  onHistory?(history: History, program: Program): void;
}

/**
 * A Client whose methods derive from the table of operations. A method resolves to what came back,
 * failure included; it rejects only when the Session does.
 */
export function createClient(options: ClientOptions): Client {
  const run = async (op: OperationName, given: object): Promise<Reply> => {
    const slot = options.nextSlot();
    const operation = { op, slot, ...stripSlots(given) } as unknown as Operation;
    const program: Program = {
      threads: [{ client: options.clientName, operations: [operation] }],
      deadlineMs: options.deadlineMs(),
    };
    const history = await options.session.run(program);
    options.onHistory?.(history, program);
    const result = history.threads[0]?.[0];
    if (result === undefined) throw new RangeError('the History lacks the operation that was run');
    return new Reply(slot, result);
  };
  const methods = OPERATION_ROWS.map(([op]) => [op, (given: object) => run(op, given)]);
  return { ...Object.fromEntries(methods), clientName: options.clientName } as Client;
}

/** Replies serve as operands; Programs hold the plain reference only. */
function stripSlots(given: object): object {
  const plain = ([key, value]: [string, unknown]): [string, unknown] =>
    value instanceof Reply ? [key, { slot: value.slot }] : [key, value];
  return Object.fromEntries(Object.entries(given).map(plain));
}
