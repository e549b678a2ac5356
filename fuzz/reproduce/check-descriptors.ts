import { commandOf } from '../../catalogue/abi-request.ts';
import type { Violation } from '../../oracles/index.ts';
import { type CStep, type CThread, stepKey } from './c-threads.ts';
import {
  type CheckContext,
  checkAfter,
  checkWithoutStatements,
  givenBy,
  type ProgramCheck,
  stepOf,
} from './program-check.ts';

/** Two descriptors that one client holds at once are two numbers. */
export function checkTwice({ events }: Violation, context: CheckContext): ProgramCheck | undefined {
  const [first, second] = events.map((event) => stepOf(context, event));
  if (first === undefined || second === undefined) return undefined;
  const [one, other] = [givenBy(context, first), givenBy(context, second)];
  if (one === undefined || other === undefined) return undefined;
  const means = 'Two descriptors that are open at once must have two numbers.';
  return checkAfter(means, second, `violated(${other} >= 0 && ${other} == ${one});`);
}

/** Every descriptor that is open at the end was open at first or was given by a call. */
export function checkStrays(
  { events }: Violation,
  context: CheckContext,
): ProgramCheck | undefined {
  const [first, last] = events;
  if (first === undefined || last === undefined) return undefined;
  const between = context.steps.filter(
    ({ client, program }) =>
      client === first.client && program > first.program && program < last.program,
  );
  const thread = context.threads.find(({ client }) => client === first.client);
  const end = between.at(-1);
  const [begin] = between;
  if (thread === undefined || begin === undefined || end === undefined) return undefined;
  if (!isAlone(thread)) return undefined;
  const after = new Map<string, string[]>();
  for (const step of between) {
    const given = isGift(context, step) ? givenBy(context, step) : undefined;
    if (given !== undefined) after.set(stepKey(step), ['if (result != -1)', `\tknow(${given});`]);
  }
  after.set(stepKey(end), [...(after.get(stepKey(end)) ?? []), 'violated(strays() > 0);']);
  return {
    ...checkWithoutStatements('No descriptor may be open that no call gave.'),
    before: new Map([[stepKey(begin), ['know_open();']]]),
    after,
  };
}

/** A command that is not the ABI's gives nothing, whatever its outcome. */
const isGift = ({ words }: CheckContext, { operation }: CStep): boolean =>
  operation.op !== 'ioctl' || operation.request === commandOf(words.abi);

/** Each new descriptor is the lowest number that is free, and what is open can be closed. */
export function checkNumbers(
  { events }: Violation,
  context: CheckContext,
): ProgramCheck | string | undefined {
  const client = events[0]?.client;
  const thread = context.threads.find((one) => one.client === client);
  if (thread === undefined) return undefined;
  if (!isAlone(thread)) {
    return 'which number was the lowest free one at some instant takes a search over all orders';
  }
  const first = events.map((event) => stepOf(context, event)).find((step) => step !== undefined);
  const steps = context.steps.filter(
    (step) => step.client === client && step.program >= (first?.program ?? 0),
  );
  const before = new Map<string, string[]>();
  const after = new Map<string, string[]>();
  for (const step of steps) {
    const given = givenBy(context, step);
    if (given !== undefined) {
      before.set(stepKey(step), ['expected = lowest_free();']);
      after.set(stepKey(step), [`violated(result != -1 && ${given} != expected);`]);
    } else if (step.operation.op === 'close') {
      const fd = context.words.slots.descriptor(step.operation.fd);
      before.set(stepKey(step), [`expected = is_open(${fd});`]);
      after.set(stepKey(step), ['violated((result == 0) != expected);']);
    }
  }
  const means = 'A new descriptor must be the lowest number that is free.';
  return { ...checkWithoutStatements(means), before, after };
}

/** Whether no other thread of the client could come in between. */
const isAlone = ({ items }: CThread): boolean => items.every(({ kind }) => kind === 'step');
