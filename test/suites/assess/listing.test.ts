/** Listing: what is filtered, what is shown, and that catalogue and cases fit each other. */
import t from 'tap';
import { catalogue, type Requirement } from '../../../catalogue/catalogue.ts';
import { listingParagraphs, listRequirements } from '../../../suites/assess/listing.ts';
import { CASES } from '../../../suites/cases/all.ts';
import type { Case } from '../../../suites/kit/case.ts';

const requirement = (id: string, more: Partial<Requirement> = {}): Requirement => ({
  id,
  group: 'flags',
  level: 'MUST',
  authority: 'text',
  source: { document: 'a document', place: 'a place' },
  statement: `what ${id} says`,
  observe: 'how',
  expect: { rfc: { role: ['ok', 'error'] } },
  ...more,
});
const caseOf = (id: string, ...requirements: string[]): Case => ({
  id,
  title: '',
  requirements,
  run: async () => {},
});

const made = [
  requirement('FLG-01'),
  requirement('FLG-02', { level: 'MAY', expect: { hardened: { role: ['ok'] } } }),
  requirement('DEV-01', { group: 'devices', unobservable: 'no call shows it', reportOnly: true }),
];
const cases = [caseOf('FLG-01/a', 'FLG-01', 'FLG-02'), caseOf('FLG-01/b', 'FLG-01')];
const ALL = { groups: [], levels: [] };

t.test('filters by group, level and profile, alone and together', async (t) => {
  const ids = (filter: Parameters<typeof listRequirements>[0]): string[] =>
    listRequirements(filter, cases, made).map(({ id }) => id);
  t.strictSame(ids(ALL), ['FLG-01', 'FLG-02', 'DEV-01']);
  t.strictSame(ids({ ...ALL, groups: ['devices'] }), ['DEV-01']);
  t.strictSame(ids({ ...ALL, levels: ['may'] }), ['FLG-02'], 'levels are read in any case');
  t.strictSame(ids({ ...ALL, profile: 'hardened' }), ['FLG-02']);
  t.strictSame(ids({ groups: ['devices'], levels: ['MAY'], profile: 'rfc' }), []);
});

t.test('a word that filters nothing is refused with the ones that do', async (t) => {
  t.throws(() => listRequirements({ ...ALL, groups: ['flag'] }, CASES), {
    message: /no group "flag"; choose from .*flags/,
  });
  t.throws(() => listRequirements({ ...ALL, levels: ['WILL'] }, CASES), {
    message: /no level "WILL"; choose from MUST, SHOULD, MAY/,
  });
  t.throws(() => listRequirements({ ...ALL, profile: 'nope' }, CASES), {
    message: /no profile "nope"/,
  });
});

t.test('shows the cases of each, or why there is none', async (t) => {
  const listed = listRequirements(ALL, cases, made);
  t.strictSame(
    listed.map((one) => one.cases),
    [['FLG-01/a', 'FLG-01/b'], ['FLG-01/a'], []],
  );
  const lines = listingParagraphs(listed, 'rfc').map(({ first, text }) => `${first}${text}`);
  t.ok(lines.includes('devices'));
  t.ok(lines.some((line) => /FLG-01 +MUST \(text\): what FLG-01 says/.test(line)));
  t.ok(lines.some((line) => /cases: FLG-01\/a, FLG-01\/b/.test(line)));
  t.ok(lines.some((line) => /expected: role ok or error/.test(line)));
  t.ok(lines.some((line) => /no case: no call shows it/.test(line)));
  t.ok(lines.some((line) => /DEV-01 +MUST \(text, report only\)/.test(line)));
  t.match(lines.at(-1), /^3 requirements \(2 MUST, 0 SHOULD, 1 MAY\); 2 observed by 2 cases, 1 /);
});

t.test('every requirement has a case or a reason, and no case lacks its requirement', async (t) => {
  const listed = listRequirements(ALL, CASES);
  t.equal(new Set(listed.map(({ id }) => id)).size, listed.length, 'ids are unique');
  for (const { id, unobservable, cases: observing } of listed) {
    t.not(observing.length > 0, unobservable !== undefined, `${id}: a case, or a reason for none`);
  }
  const known = new Set(catalogue().requirements.map(({ id }) => id));
  for (const { id, requirements } of CASES) {
    t.ok(requirements.length > 0 && requirements.every((one) => known.has(one)), id);
    t.ok(requirements.includes(id.split('/')[0] ?? ''), `${id} observes what its id names`);
  }
  t.equal(new Set(CASES.map(({ id }) => id)).size, CASES.length, 'case ids are unique');
});
