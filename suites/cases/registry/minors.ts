import { type Operation, outcomePhrase } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { type CaseContext, SUBJECT } from '../../kit/context.ts';
import { Inconclusive } from '../../kit/observation.ts';
import { MINORS, type Registrar } from '../../kit/registrar.ts';
import { mustUnregister, registryCase } from './registry-case.ts';

/** Devices that come and go until their minors must be used again. */
export const minorCases: readonly Case[] = [
  registryCase({
    id: 'REG-09/several',
    title: 'devices that are unregistered leave nothing behind',
    requirements: ['REG-09'],
    async act(_context, registrar) {
      for (const name of ['one', 'two', 'three']) await registrar.device(name);
    },
  }),
  registryCase({
    id: 'REG-04/turns',
    title: 'there are always minors left when devices come and go',
    requirements: ['REG-04'],
    async act(context, registrar) {
      const { word, detail } = await minorsInTurn(context, registrar);
      context.observe('REG-04', 'minors', word, detail);
    },
  }),
  registryCase({
    id: 'REG-03/257',
    title: 'the 257th device is refused',
    requirements: ['REG-03'],
    async act(context, registrar) {
      const present = await registrar.presentDevices();
      const steps = Array.from({ length: MINORS + 1 - present }, () => registrar.registerStep());
      const results = (await context.runSteps(SUBJECT, steps)).threads[0] ?? [];
      const words = results.map((result) => registrar.note(result).word);
      const accepted = words.filter((word) => word === 'ok').length;
      if (accepted === 0) throw new Inconclusive('blocked: not a single device was registered');
      const word = words.at(-1) ?? 'none';
      const detail = `with ${present + accepted} devices, registering one more ${outcomePhrase(word)}`;
      context.observe('REG-03', 'beyond', word, detail);
    },
  }),
];

/** Registers and unregisters so often that minors must be used again. */
async function minorsInTurn(
  context: CaseContext,
  registrar: Registrar,
): Promise<{ readonly word: string; readonly detail: string }> {
  const first = await registrar.device();
  await mustUnregister(registrar, first);
  const body = [registrar.registerStep(), registrar.unregisterStep(first)];
  const times = BigInt(MINORS);
  const repeat: Operation = { op: 'repeat', times, stop: 'failure', body };
  const [result] = (await context.runSteps(SUBJECT, [repeat])).threads[0] ?? [];
  if (result?.value === times) {
    return { word: 'reused', detail: `${MINORS} devices in turn had minor ${first}` };
  }
  // It gives other minors, which may be used again all the same.
  const [registering] = result?.steps ?? [];
  let given = registrar.note(registering?.last);
  for (let turn = 0; turn < MINORS && given.minor !== undefined; turn += 1) {
    if (given.minor >= MINORS) break;
    await mustUnregister(registrar, given.minor);
    given = await registrar.register();
  }
  const { word, minor } = given;
  if (minor === undefined)
    return { word, detail: `registering a device after ${MINORS} in turn ${outcomePhrase(word)}` };
  const beyond = minor >= MINORS;
  return {
    word: beyond ? 'beyond' : 'reused',
    detail: `the last of the devices in turn got minor ${minor}`,
  };
}
