/** Which broken requirement is to blame for a case that could not look. */
import t from 'tap';
import { nameBlockers } from '../../../reports/record/blockers.ts';
import type { BlockedStep, RecordedCase, Verdict } from '../../../reports/record/record.ts';

const source = { document: 'a document', place: 'a place' };
const rule = (id: string, group: string) => ({
  ...({ id, group, level: 'MUST', authority: 'text', statement: 'a statement' } as const),
  source,
});
const RUN = {
  profile: 'hardened',
  requirements: [rule('DEV-01', 'devices'), rule('MAP-01', 'mapping'), rule('REG-01', 'registry')],
};

const broken = (requirement: string, observed: readonly string[]): Verdict => ({
  ...{ requirement, profile: 'hardened', status: 'fail', expected: ['ok'], observed, reason: '' },
});

function caseOf(id: string, verdicts: readonly Verdict[], step?: BlockedStep): RecordedCase {
  const facts = { id, title: id, requirements: [] };
  const ended = { end: 'completed', reason: '', durationMs: 1, verdicts, evidence: '' } as const;
  return { ...facts, ...ended, ...(step === undefined ? {} : { blocked: { step, word: 'EIO' } }) };
}

const blamed = (cases: readonly RecordedCase[], id: string): string => {
  const by = nameBlockers(cases, RUN).find((one) => one.id === id)?.blocked?.by;
  return by === undefined ? 'none' : `${by.requirement} ${by.case}`;
};

t.test(
  'the first rule of the step’s group that was seen broken in that way is named',
  async (t) => {
    const cases = [
      caseOf('other-word', [broken('DEV-01', ['EPERM'])]),
      caseOf('other-group', [broken('MAP-01', ['EIO'])]),
      caseOf('right', [broken('DEV-01', ['EPERM', 'EIO'])]),
      caseOf('later', [broken('DEV-01', ['EIO'])]),
      caseOf('opens', [], 'open'),
      caseOf('maps', [], 'map'),
      caseOf('registers', [], 'register'),
      caseOf('allocates', [], 'allocate'),
    ];
    t.equal(blamed(cases, 'opens'), 'DEV-01 right');
    t.equal(blamed(cases, 'maps'), 'MAP-01 other-group');
    t.equal(blamed(cases, 'registers'), 'none', 'no rule of that group is broken');
    t.equal(blamed(cases, 'allocates'), 'MAP-01 other-group', 'any group may be to blame');
  },
);

t.test('a case is not to blame for itself', async (t) => {
  const own = caseOf('one', [broken('DEV-01', ['EIO']), broken('DEV-01', ['EIO'])], 'open');
  t.equal(blamed([own], 'one'), 'none');
  t.equal(blamed([own, caseOf('two', [broken('DEV-01', ['EIO'])])], 'one'), 'DEV-01 two');
});

t.test('what expects a failure, passes or decides nothing is no blocker', async (t) => {
  const verdict = broken('DEV-01', ['EIO']);
  for (const change of [{ expected: ['EIO'] }, { status: 'pass' }, { profile: 'rfc' }] as const) {
    const cases = [caseOf('one', [{ ...verdict, ...change }]), caseOf('two', [], 'open')];
    t.equal(blamed(cases, 'two'), 'none', JSON.stringify(change));
  }
});

t.test('each verdict is looked at a few times, however many cases are blocked', async (t) => {
  let looks = 0;
  const counted = (): Verdict =>
    Object.defineProperty(broken('MAP-01', ['EIO']), 'observed', {
      get: () => {
        looks += 1;
        return ['EIO'];
      },
    });
  const count = 300;
  const cases = Array.from({ length: count }, (_, index) => [
    caseOf(`broken-${index}`, [counted()]),
    caseOf(`blocked-${index}`, [], 'open'),
  ]).flat();
  nameBlockers(cases, RUN);
  t.ok(looks <= 3 * count, `${looks} looks at ${count} verdicts`);
});
