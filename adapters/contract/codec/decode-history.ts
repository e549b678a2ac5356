import { errnoWord } from '../errno.ts';
import { type Death, type History, OUTCOMES, type RepeatStep, type Result } from '../history.ts';
import type { NameTable } from '../names.ts';
import type { Operation, Program } from '../program.ts';
import { signalName } from '../signals.ts';
import { HISTORY_MAGIC, LAYOUT, WIRE_VERSION } from './layout.ts';

const DEADLINE_HIT = 1;
const TAINT_KNOWN = 2;
const PROGRESSING = 4;
const RED_ZONE_BEFORE = 1;
const RED_ZONE_AFTER = 2;
const RETURNED = 4;
/** Results that may have the same bytes: the first of a repeat, its last, one out of the way. */
const SHARERS_MAX = 4;

/** The out bytes of most results. */
const NOTHING = new Uint8Array(0);

/**
 * A History from its bytes.
 *
 * @param program the Program that it answers
 * @param names the numbers that the Program was encoded with
 * @param passing whether the bytes will be written to again: what a result keeps is copied then
 * @throws RangeError when the bytes are not a History of that Program
 */
export function decodeHistory(
  bytes: Uint8Array,
  program: Program,
  names: NameTable,
  passing = false,
): History {
  return new Decoder(bytes, names, passing).history(program);
}

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #names: NameTable;
  readonly #results: number;
  readonly #deaths: number;
  readonly #dataBytes: number;
  readonly #logBytes: number;
  /** Where the data section begins. */
  readonly #dataOffset: number;
  readonly #logOffset: number;
  /** Bytes of data that results have had. */
  #told = 0;

  constructor(bytes: Uint8Array, names: NameTable, passing: boolean) {
    const { at, size } = LAYOUT.history;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < size || view.getUint32(at.magic, true) !== HISTORY_MAGIC) {
      throw new RangeError('the bytes are not a History');
    }
    if (view.getUint16(at.version, true) !== WIRE_VERSION) {
      throw new RangeError(`the History has version ${view.getUint16(at.version, true)}`);
    }
    this.#view = view;
    this.#names = names;
    this.#results = view.getUint32(at.results, true);
    this.#deaths = view.getUint32(at.deaths, true);
    this.#dataBytes = view.getUint32(at.data_bytes, true);
    this.#logBytes = view.getUint32(at.log_bytes, true);
    this.#dataOffset = size + this.#results * LAYOUT.result.size + this.#deaths * LAYOUT.death.size;
    this.#logOffset = this.#dataOffset + this.#dataBytes;
    if (this.#logOffset + this.#logBytes !== bytes.length) {
      throw new RangeError(`the History says ${this.#logOffset + this.#logBytes} bytes`);
    }
    // A Buffer's parts are Buffers, and take longer to make.
    this.#bytes =
      passing && this.#dataBytes > 0
        ? Uint8Array.from(bytes)
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  history(program: Program): History {
    let record = 0;
    const threads = program.threads.map((thread) =>
      thread.operations.map((operation) => {
        const result = this.#topLevel(record, operation);
        record += recordsOf(operation);
        return result;
      }),
    );
    if (record !== this.#results) {
      throw new RangeError(`the History has ${this.#results} results for ${record} operations`);
    }
    const { at } = LAYOUT.history;
    const flags = this.#view.getUint16(at.flags, true);
    return {
      threads,
      deaths: this.#deaths === 0 ? [] : this.#allDeaths(),
      log: this.#log(),
      ...(flags & TAINT_KNOWN ? { taint: this.#view.getBigUint64(at.taint, true) } : {}),
      deadlineHit: (flags & DEADLINE_HIT) !== 0,
      ...(flags & PROGRESSING ? { progressing: true } : {}),
    };
  }

  #topLevel(record: number, operation: Operation): Result {
    const base = LAYOUT.history.size + record * LAYOUT.result.size;
    const result = this.#result(base);
    if (operation.op !== 'repeat' || result.out.length === 0) return result;
    const { out, ...rest } = result;
    const steps = this.#steps(out.byteOffset - this.#bytes.byteOffset, recordsOf(operation) - 1);
    return { ...rest, out: NOTHING, steps };
  }

  #result(base: number): Result {
    const view = this.#view;
    const { at } = LAYOUT.result;
    const outcome = OUTCOMES[view.getUint8(base + at.outcome)];
    if (outcome === undefined) throw new RangeError('a result has an unknown outcome');
    const flags = view.getUint8(base + at.flags);
    const error = view.getUint16(base + at.error, true);
    // Nearly all: they came back, wrote where they may, and succeeded.
    if (flags === RETURNED && error === 0 && outcome !== 'faulted') {
      return {
        outcome,
        value: view.getBigInt64(base + at.value, true),
        out: this.#out(base),
        call: view.getBigUint64(base + at.call_ns, true),
        return: view.getBigUint64(base + at.return_ns, true),
      };
    }
    const redZone = [
      ...(flags & RED_ZONE_BEFORE ? (['before'] as const) : []),
      ...(flags & RED_ZONE_AFTER ? (['after'] as const) : []),
    ];
    const faulted = outcome === 'faulted';
    return {
      outcome,
      ...(error === 0 ? {} : { errno: errnoWord(error) }),
      ...(faulted ? { signal: signalName(view.getUint32(base + at.signal, true)) } : {}),
      value: view.getBigInt64(base + at.value, true),
      out: this.#out(base),
      call: view.getBigUint64(base + at.call_ns, true),
      ...(flags & RETURNED ? { return: view.getBigUint64(base + at.return_ns, true) } : {}),
      ...(faulted ? { faultOffset: view.getBigUint64(base + at.fault_offset, true) } : {}),
      ...(redZone.length === 0 ? {} : { redZone }),
    };
  }

  #out(base: number): Uint8Array {
    const { at } = LAYOUT.result;
    const offset = this.#view.getUint32(base + at.out_offset, true);
    const length = this.#view.getUint32(base + at.out_length, true);
    if (offset + length > this.#dataBytes) throw new RangeError('a result points past the data');
    this.#told += length;
    if (this.#told > SHARERS_MAX * this.#dataBytes) {
      throw new RangeError('the History has more results with the same bytes than it can have');
    }
    if (length === 0) return NOTHING;
    const start = this.#dataOffset + offset;
    return this.#bytes.subarray(start, start + length);
  }

  #steps(start: number, count: number): RepeatStep[] {
    const steps: RepeatStep[] = [];
    let base = start;
    for (let index = 0; index < count; index += 1) {
      const { step, next } = this.#step(base);
      steps.push(step);
      base = next;
    }
    return steps;
  }

  #step(base: number): { step: RepeatStep; next: number } {
    const view = this.#view;
    const { at, size } = LAYOUT.step;
    const failureKinds = view.getUint32(base + at.failures, true);
    const anomalyCount = view.getUint32(base + at.anomalies, true);
    let next = base + size + 2 * LAYOUT.result.size;
    const failures: Record<string, bigint> = {};
    for (let index = 0; index < failureKinds; index += 1, next += LAYOUT.failure.size) {
      failures[this.#failureWord(next)] = view.getBigUint64(next + LAYOUT.failure.at.count, true);
    }
    const anomalies = [];
    for (let index = 0; index < anomalyCount; index += 1) {
      const iteration = view.getBigUint64(next + LAYOUT.anomaly.at.iteration, true);
      anomalies.push({ iteration, result: this.#result(next + LAYOUT.anomaly.size) });
      next += LAYOUT.anomaly.size + LAYOUT.result.size;
    }
    const step = {
      succeeded: view.getBigUint64(base + at.succeeded, true),
      failed: view.getBigUint64(base + at.failed, true),
      first: this.#result(base + size),
      last: this.#result(base + size + LAYOUT.result.size),
      failures,
      anomalies,
    };
    return { step, next };
  }

  #failureWord(base: number): string {
    const { at } = LAYOUT.failure;
    const outcome = OUTCOMES[this.#view.getUint8(base + at.outcome)] ?? 'unknown';
    if (outcome === 'faulted') return signalName(this.#view.getUint32(base + at.signal, true));
    const error = this.#view.getUint16(base + at.error, true);
    return outcome === 'returned' ? errnoWord(error) : outcome;
  }

  #allDeaths(): Death[] {
    return Array.from({ length: this.#deaths }, (_, index) => this.#death(index));
  }

  #death(index: number): Death {
    const base =
      LAYOUT.history.size + this.#results * LAYOUT.result.size + index * LAYOUT.death.size;
    const { at } = LAYOUT.death;
    const signal = this.#view.getUint32(base + at.signal, true);
    return {
      client: this.#names.clientName(this.#view.getUint32(base + at.client, true)),
      ...(signal === 0
        ? { status: this.#view.getInt32(base + at.status, true) }
        : { signal: signalName(signal) }),
      reason: this.#view.getUint32(base + at.reason, true) === 1 ? 'deadline' : 'own',
    };
  }

  #log(): string[] {
    if (this.#logBytes === 0) return [];
    const text = this.#bytes.subarray(this.#logOffset, this.#logOffset + this.#logBytes);
    return new TextDecoder()
      .decode(text)
      .split('\n')
      .filter((line) => line !== '');
  }
}

/** How many records an operation takes on the wire: itself and, for `repeat`, its body. */
export function recordsOf(operation: Operation): number {
  if (operation.op !== 'repeat') return 1;
  return operation.body.reduce((sum, inner) => sum + recordsOf(inner), 1);
}
