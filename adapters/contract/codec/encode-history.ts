import { errnoNumber, isErrnoWord } from '../errno.ts';
import { type Death, type History, OUTCOMES, type RepeatStep, type Result } from '../history.ts';
import type { Operation, Program } from '../program.ts';
import { signalNumber } from '../signals.ts';
import { recordsOf } from './decode-history.ts';
import { HISTORY_MAGIC, LAYOUT, WIRE_VERSION } from './layout.ts';

const DEADLINE_HIT = 1;
const TAINT_KNOWN = 2;
const PROGRESSING = 4;
const RETURNED = 4;
const RED_ZONES = { before: 1, after: 2 } as const;

/**
 * A History as bytes, for a peer that runs Programs.
 *
 * @param program the Program that it answers
 * @param numberOf the number of a client's name
 * @throws RangeError when it does not answer that Program: a result is missing, or too many came
 */
export function encodeHistory(
  history: History,
  program: Program,
  numberOf: (client: string) => number,
): Uint8Array {
  const encoder = new Encoder();
  if (history.threads.length !== program.threads.length) throw mismatch();
  program.threads.forEach((thread, index) => {
    const results = history.threads[index] ?? [];
    if (results.length !== thread.operations.length) throw mismatch();
    thread.operations.forEach((operation, at) => {
      const result = results[at];
      if (result === undefined) throw mismatch();
      encoder.addTopLevel(result, operation);
    });
  });
  return encoder.finish(history, numberOf);
}

const mismatch = (): RangeError => new RangeError('the History has not one result an operation');

class Encoder {
  readonly #results: Uint8Array[] = [];
  readonly #data: Uint8Array[] = [];
  #dataBytes = 0;

  addTopLevel(result: Result, operation: Operation): void {
    const inner = recordsOf(operation) - 1;
    if (result.steps === undefined) {
      this.#results.push(this.#result(result));
    } else {
      if (result.steps.length !== inner) throw mismatch();
      const parts = result.steps.flatMap((step) => this.#step(step));
      this.#results.push(this.#result({ ...result, out: Buffer.concat(parts) }));
    }
    // What a body did stands in the steps; its own records are there to be counted.
    for (let record = 0; record < inner; record += 1) {
      this.#results.push(new Uint8Array(LAYOUT.result.size));
    }
  }

  #result(result: Result): Uint8Array {
    const { at, size } = LAYOUT.result;
    const view = new DataView(new ArrayBuffer(size));
    const zones = (result.redZone ?? []).reduce((bits, zone) => bits | RED_ZONES[zone], 0);
    const returned = result.return === undefined ? 0 : RETURNED;
    view.setUint8(at.outcome, OUTCOMES.indexOf(result.outcome));
    view.setUint8(at.flags, zones | returned);
    view.setUint16(at.error, result.errno === undefined ? 0 : errnoNumber(result.errno), true);
    view.setUint32(at.signal, result.signal === undefined ? 0 : signalNumber(result.signal), true);
    view.setBigInt64(at.value, result.value, true);
    view.setBigUint64(at.call_ns, result.call, true);
    view.setBigUint64(at.return_ns, result.return ?? 0n, true);
    view.setBigUint64(at.fault_offset, result.faultOffset ?? 0n, true);
    view.setUint32(at.out_offset, this.#dataBytes, true);
    view.setUint32(at.out_length, result.out.length, true);
    if (result.out.length > 0) this.#data.push(result.out);
    this.#dataBytes += result.out.length;
    return new Uint8Array(view.buffer);
  }

  #step(step: RepeatStep): Uint8Array[] {
    const { at, size } = LAYOUT.step;
    const failures = Object.entries(step.failures);
    const view = new DataView(new ArrayBuffer(size));
    view.setBigUint64(at.succeeded, step.succeeded, true);
    view.setBigUint64(at.failed, step.failed, true);
    view.setUint32(at.failures, failures.length, true);
    view.setUint32(at.anomalies, step.anomalies.length, true);
    return [
      new Uint8Array(view.buffer),
      this.#result(step.first),
      this.#result(step.last),
      ...failures.map(([word, count]) => failure(word, count)),
      ...step.anomalies.flatMap(({ iteration, result }) => [
        anomaly(iteration),
        this.#result(result),
      ]),
    ];
  }

  finish(history: History, numberOf: (client: string) => number): Uint8Array {
    const { at, size } = LAYOUT.history;
    const log = new TextEncoder().encode(history.log.join('\n'));
    const view = new DataView(new ArrayBuffer(size));
    const taintKnown = history.taint === undefined ? 0 : TAINT_KNOWN;
    view.setUint32(at.magic, HISTORY_MAGIC, true);
    view.setUint16(at.version, WIRE_VERSION, true);
    const deadlineHit = history.deadlineHit ? DEADLINE_HIT : 0;
    const progressing = history.progressing === true ? PROGRESSING : 0;
    view.setUint16(at.flags, deadlineHit | taintKnown | progressing, true);
    view.setUint32(at.results, this.#results.length, true);
    view.setUint32(at.deaths, history.deaths.length, true);
    view.setUint32(at.data_bytes, this.#dataBytes, true);
    view.setUint32(at.log_bytes, log.length, true);
    view.setBigUint64(at.taint, history.taint ?? 0n, true);
    const deaths = history.deaths.map((one) => death(one, numberOf));
    return Buffer.concat([
      new Uint8Array(view.buffer),
      ...this.#results,
      ...deaths,
      ...this.#data,
      log,
    ]);
  }
}

function failure(word: string, count: bigint): Uint8Array {
  const { at, size } = LAYOUT.failure;
  const view = new DataView(new ArrayBuffer(size));
  if (isErrnoWord(word)) view.setUint16(at.error, errnoNumber(word), true);
  else if (word.startsWith('SIG')) {
    view.setUint8(at.outcome, OUTCOMES.indexOf('faulted'));
    view.setUint32(at.signal, signalNumber(word), true);
  } else {
    const outcome = (OUTCOMES as readonly string[]).indexOf(word);
    if (outcome < 0) throw new RangeError(`"${word}" is not a failure that a History can name`);
    view.setUint8(at.outcome, outcome);
  }
  view.setBigUint64(at.count, count, true);
  return new Uint8Array(view.buffer);
}

function anomaly(iteration: bigint): Uint8Array {
  const { at, size } = LAYOUT.anomaly;
  const view = new DataView(new ArrayBuffer(size));
  view.setBigUint64(at.iteration, iteration, true);
  return new Uint8Array(view.buffer);
}

function death(one: Death, numberOf: (name: string) => number): Uint8Array {
  const { client, status, signal, reason } = one;
  const { at, size } = LAYOUT.death;
  const view = new DataView(new ArrayBuffer(size));
  view.setUint32(at.client, numberOf(client), true);
  view.setUint32(at.signal, signal === undefined ? 0 : signalNumber(signal), true);
  view.setInt32(at.status, status ?? 0, true);
  view.setUint32(at.reason, reason === 'deadline' ? 1 : 0, true);
  return new Uint8Array(view.buffer);
}
