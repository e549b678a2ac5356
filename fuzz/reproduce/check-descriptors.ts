import { commandOf } from '../../catalogue/abi-request.ts';
import type { Violation } from '../../oracles/index.ts';
import { keyOf, type Line, type Step } from './c-threads.ts';
import { afterwards, type Check, empty, givenBy, type Scene, stepOf } from './program-check.ts';

/** Two descriptors that one client holds at once are two numbers. */
export function checkTwice({ events }: Violation, scene: Scene): Check | undefined {
  const [first, second] = events.map((event) => stepOf(scene, event));
  if (first === undefined || second === undefined) return undefined;
  const [one, other] = [givenBy(scene, first), givenBy(scene, second)];
  if (one === undefined || other === undefined) return undefined;
  const means = 'Two descriptors that are open at once must have two numbers.';
  return afterwards(means, second, `violated(${other} >= 0 && ${other} == ${one});`);
}

/** What is open at the end was open at first or was given by a call. */
export function checkStrays({ events }: Violation, scene: Scene): Check | undefined {
  const [first, last] = events;
  if (first === undefined || last === undefined) return undefined;
  const between = scene.steps.filter(
    ({ client, program }) =>
      client === first.client && program > first.program && program < last.program,
  );
  const line = scene.lines.find(({ client }) => client === first.client);
  const end = between.at(-1);
  const [begin] = between;
  if (line === undefined || begin === undefined || end === undefined) return undefined;
  if (!isAlone(line)) return undefined;
  const after = new Map<string, string[]>();
  for (const step of between) {
    const given = isGift(scene, step) ? givenBy(scene, step) : undefined;
    if (given !== undefined) after.set(keyOf(step), ['if (result != -1)', `\tknow(${given});`]);
  }
  after.set(keyOf(end), [...(after.get(keyOf(end)) ?? []), 'violated(strays() > 0);']);
  return {
    ...empty('No descriptor may be open that no call gave.'),
    before: new Map([[keyOf(begin), ['know_open();']]]),
    after,
  };
}

/** A command that is not the ABI's gives nothing, whatever comes of it. */
const isGift = ({ words }: Scene, { operation }: Step): boolean =>
  operation.op !== 'ioctl' || operation.request === commandOf(words.abi);

/** Each new descriptor is the lowest number that is free, and what is open can be closed. */
export function checkNumbers({ events }: Violation, scene: Scene): Check | string | undefined {
  const client = events[0]?.client;
  const line = scene.lines.find((one) => one.client === client);
  if (line === undefined) return undefined;
  if (!isAlone(line)) {
    return 'which number was the lowest free one at some instant takes a search over all orders';
  }
  const first = events.map((event) => stepOf(scene, event)).find((step) => step !== undefined);
  const steps = scene.steps.filter(
    (step) => step.client === client && step.program >= (first?.program ?? 0),
  );
  const before = new Map<string, string[]>();
  const after = new Map<string, string[]>();
  for (const step of steps) {
    const given = givenBy(scene, step);
    if (given !== undefined) {
      before.set(keyOf(step), ['expected = lowest_free();']);
      after.set(keyOf(step), [`violated(result != -1 && ${given} != expected);`]);
    } else if (step.operation.op === 'close') {
      const fd = scene.words.slots.descriptor(step.operation.fd);
      before.set(keyOf(step), [`expected = is_open(${fd});`]);
      after.set(keyOf(step), ['violated((result == 0) != expected);']);
    }
  }
  const means = 'A new descriptor must be the lowest number that is free.';
  return { ...empty(means), before, after };
}

/** Whether no other thread of the client could come in between. */
const isAlone = ({ items }: Line): boolean => items.every(({ kind }) => kind === 'step');
