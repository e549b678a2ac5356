import { AllocertError } from '../../base/errors.ts';
import { type History, OUTCOMES, type Result } from './history.ts';
import type { Operation, Program } from './program.ts';
import {
  firstViolation,
  list,
  maybeBigint,
  members,
  named,
  printableName,
  refuse,
  typed,
} from './violation-checks.ts';

/** An adapter has answered with what is no History. The adapter check looks at it all the same. */
export class MalformedHistory extends AllocertError {
  readonly answer: unknown;

  constructor(url: string, violation: string, answer: unknown) {
    const check = `allocert adapter check ${url} tests it`;
    super('machine', `the adapter ${url} did not return a History: ${violation}; ${check}`);
    this.answer = answer;
  }
}

/**
 * The first thing in which an answer is no History of a Program, as a phrase that names the place,
 * such as `threads[0][2].value must be a bigint, not undefined`; undefined when there is none.
 * Answers come from adapters of others and from files, and what the oracles read must be there.
 */
export const historyViolation = (answer: unknown, program: Program): string | undefined =>
  firstViolation(() => checkHistory(answer, program));

const ERRNO = /^E[0-9A-Z]{1,30}$/;
const SIGNAL = /^SIG[0-9A-Z+-]{1,20}$/;

function checkHistory(answer: unknown, program: Program): void {
  const history = members(answer, 'the History');
  const { deadlineHit, deaths, log, progressing, taint, threads } = history as Partial<
    Record<keyof History, unknown>
  >;
  for (const [index, thread] of list(threads, 'threads', program.threads.length).entries()) {
    const operations = program.threads[index]?.operations ?? [];
    const place = `threads[${index}]`;
    for (const [at, result] of list(thread, place, operations.length).entries()) {
      checkResult(result, operations[at], `${place}[${at}]`);
    }
  }
  for (const [index, death] of list(deaths, 'deaths').entries()) checkDeath(death, index);
  for (const [index, line] of list(log, 'log').entries()) typed(line, 'string', `log[${index}]`);
  maybeBigint(taint, 'taint');
  typed(deadlineHit, 'boolean', 'deadlineHit');
  if (progressing !== undefined && progressing !== true) {
    refuse('progressing', 'true or left out', progressing);
  }
}

function checkDeath(value: unknown, index: number): void {
  const place = `deaths[${index}]`;
  const { client, reason, signal, status } = members(value, place);
  typed(client, 'string', `${place}.client`);
  if (reason !== 'own' && reason !== 'deadline') {
    refuse(`${place}.reason`, '"own" or "deadline"', reason);
  }
  if (signal !== undefined) named(signal, SIGNAL, 'the name of a signal', `${place}.signal`);
  if (status !== undefined && !Number.isSafeInteger(status)) {
    refuse(`${place}.status`, 'a whole number', status);
  }
}

function checkResult(value: unknown, operation: Operation | undefined, place: string): void {
  const result = members(value, place) as Partial<Record<keyof Result, unknown>>;
  const { errno, faultOffset, out, outcome, redZone, signal, steps } = result;
  if (!OUTCOMES.some((one) => one === outcome)) {
    refuse(`${place}.outcome`, `one of ${OUTCOMES.join(', ')}`, outcome);
  }
  typed(result.value, 'bigint', `${place}.value`);
  if (!(out instanceof Uint8Array)) refuse(`${place}.out`, 'bytes', out);
  typed(result.call, 'bigint', `${place}.call`);
  maybeBigint(result.return, `${place}.return`);
  maybeBigint(faultOffset, `${place}.faultOffset`);
  if (errno !== undefined) named(errno, ERRNO, 'the name of an error', `${place}.errno`);
  if (signal !== undefined) named(signal, SIGNAL, 'the name of a signal', `${place}.signal`);
  if (redZone !== undefined) {
    const zone = list(redZone, `${place}.redZone`);
    const strange = zone.find((one) => one !== 'before' && one !== 'after');
    if (strange !== undefined) refuse(`${place}.redZone`, 'of "before" and "after"', strange);
  }
  if (steps !== undefined) checkSteps(steps, operation, `${place}.steps`);
}

function checkSteps(value: unknown, operation: Operation | undefined, place: string): void {
  const body = operation?.op === 'repeat' ? operation.body : [];
  for (const [index, one] of list(value, place, body.length).entries()) {
    const at = `${place}[${index}]`;
    const step = members(one, at);
    typed(step.succeeded, 'bigint', `${at}.succeeded`);
    typed(step.failed, 'bigint', `${at}.failed`);
    checkResult(step.first, body[index], `${at}.first`);
    checkResult(step.last, body[index], `${at}.last`);
    for (const [name, count] of Object.entries(members(step.failures, `${at}.failures`))) {
      typed(count, 'bigint', `${at}.failures.${printableName(name)}`);
    }
    for (const [number, two] of list(step.anomalies, `${at}.anomalies`).entries()) {
      const anomaly = members(two, `${at}.anomalies[${number}]`);
      typed(anomaly.iteration, 'bigint', `${at}.anomalies[${number}].iteration`);
      checkResult(anomaly.result, body[index], `${at}.anomalies[${number}].result`);
    }
  }
}
