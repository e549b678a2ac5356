/**
 * The test of one group of cases: on a simulator without a defect each of its requirements passes,
 * and each defect that breaks one is seen by the cases of that very requirement, alone.
 */
import t from 'tap';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { DEFECTS } from '../../../adapters/simulator/defects/all.ts';
import { catalogue, type Requirement } from '../../../catalogue/catalogue.ts';
import { type Status, worse } from '../../../reports/record/status.ts';
import { runSuites } from '../../../suites/index.ts';

/** Requirements of a group of which the plain test does not hold, by id. */
export interface GroupExceptions {
  /** Those that do not pass on `sim:`, and the status that they have there instead. */
  readonly statuses?: Readonly<Record<string, Status>>;
  /** MUSTs that no defect names, and a defect that their cases see all the same. */
  readonly seenWith?: Readonly<Record<string, string>>;
}

const PROFILE = 'hardened';
const ACCUSES: readonly Status[] = ['fail', 'crash', 'hang'];

/** Registers the tests of a group. */
export function testGroup(
  group: string,
  { statuses = {}, seenWith = {} }: GroupExceptions = {},
): void {
  const requirements = catalogue().requirements.filter(
    (one) =>
      one.group === group && one.unobservable === undefined && one.expect[PROFILE] !== undefined,
  );

  t.test('without a defect each requirement passes', async (t) => {
    const seen = await statusesOn(
      'sim:',
      requirements.map(({ id }) => id),
    );
    for (const { id } of requirements) t.equal(seen.get(id), statuses[id] ?? 'pass', id);
    const compat = Object.keys(statuses).filter((id) => statuses[id] === 'skip');
    if (compat.length === 0) return;
    const others = await statusesOn('sim:?caller=32', compat);
    for (const id of compat) t.equal(others.get(id), 'pass', `${id} for 32-bit programs`);
  });

  t.test('each defect is seen by the cases of a requirement that it breaks', async (t) => {
    for (const requirement of requirements) {
      const targets = targetsBreaking(requirement, seenWith);
      const bound = requirement.level === 'MUST' && requirement.reportOnly !== true;
      if (bound) t.ok(targets.length > 0, `${requirement.id} can fail`);
      for (const target of targets) {
        const seen = await statusesOn(target, [requirement.id]);
        const status = seen.get(requirement.id) ?? 'skip';
        const binding = requirement.level === 'MUST' ? ACCUSES : [...ACCUSES, 'warn'];
        t.ok(binding.includes(status), `${requirement.id} on ${target}: ${status}`);
      }
    }
  });
}

/** Simulators with a defect that breaks a requirement. */
function targetsBreaking(
  { id }: Requirement,
  seenWith: Readonly<Record<string, string>>,
): readonly string[] {
  return DEFECTS.filter(({ breaks, name }) => breaks.includes(id) || seenWith[id] === name).map(
    ({ name, needs }) => `sim:?defect=${name}${needs === undefined ? '' : `&${needs}`}`,
  );
}

/** The worst status of each requirement, as its own cases saw it on a target. */
async function statusesOn(
  target: string,
  only: readonly string[],
): Promise<ReadonlyMap<string, Status>> {
  const statuses = new Map<string, Status>();
  const ignore = (): void => {};
  const end = await runSuites({
    adapter: openSimulator(target),
    profile: PROFILE,
    only,
    seed: 0n,
    onStart: ignore,
    onCaseStart: ignore,
    onNotice: ignore,
    onCaseEnd: ({ verdicts }) => {
      for (const { profile, requirement, status } of verdicts) {
        if (profile !== PROFILE || !only.includes(requirement)) continue;
        statuses.set(requirement, worse(statuses.get(requirement) ?? status, status));
      }
    },
  });
  if (!end.complete) throw new Error(`${target}: ${end.reason}`);
  return statuses;
}
