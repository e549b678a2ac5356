/** What certifies a product and what does not, and what a verifier says of it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { catalogue, underCatalogue } from '../../catalogue/catalogue.ts';
import { concludePackage } from '../../certify/derive/conclude.ts';
import { catalogueDigest } from '../../certify/derive/pinned-catalogue.ts';
import { caseOrder, certificationPlan } from '../../certify/plan/plan.ts';
import { PUBLISHED_TERMS } from '../../certify/plan/terms.ts';
import { derivedFrom } from '../../certify/verify/derived-from.ts';
import { VIEWS } from '../../certify/verify/view.ts';
import { dayOf } from '../../reports/gate/read-waivers.ts';
import type { Waiver } from '../../reports/record/gate-outcome.ts';
import { readRecord } from '../../reports/record/read-record.ts';
import { type Loose, withDerived, withJournal } from './forge.ts';
import {
  folderOf,
  newSigner,
  opened,
  packed,
  recorded,
  type SampleOptions,
  sealed,
  statementValue,
  TERMS,
  verifier,
} from './sample.ts';

const folder = folderOf(t);
const vendor = newSigner('vendor');
const verify = verifier(folder, vendor);
const made = await opened(folder, vendor, { challenge: 'abc' });

t.test('a package verifies', async (t) => {
  const verification = await verify(made.file, { challenge: 'abc' });
  t.strictSame(verification.refusals, []);
  t.equal(verification.verdict, 'certified');
  t.match(verification.figures, { cases: 21, rounds: 4, sampled: 2 });
  t.match(verification.derived?.conclusion, { result: 'WARNED', reasons: [] });
  t.strictSame(verification.otherToday, []);
  const facts = { file: 'p.tar.gz', keys: 1, verbose: true };
  const cost = { milliseconds: 10, peakBytes: 1 << 20 };
  t.match(VIEWS.text(verification, facts, cost), /p\.tar\.gz is certified \(WARNED\)\.\n$/);
  t.match(VIEWS.markdown(verification, facts, cost), /^## allocert: p\.tar\.gz is certified/);
  t.match(JSON.parse(VIEWS.json(verification, facts, cost)), { verdict: 'certified', exitCode: 0 });
});

t.test('a recording that is packed twice is the same bytes', async (t) => {
  const again = await packed(folder, join(folder, 'recording'), 'again.tar.gz', vendor);
  t.ok(readFileSync(again).equals(readFileSync(made.file)));
});

t.test('without a key nothing is said of who made it, and the rest is verified', async (t) => {
  const verification = await verify(made.file, { trusted: [] });
  t.equal(verification.verdict, 'certified');
  const text = VIEWS.text(
    verification,
    { file: 'p', keys: 0, verbose: false },
    { milliseconds: 1, peakBytes: 1 },
  );
  t.match(text, /nothing is said of who made it/);
});

/** A small package, verified. */
async function verdictOf(name: string, options: SampleOptions, only: readonly string[]) {
  const place = join(folder, name);
  mkdirSync(place);
  const terms = { ...TERMS, fuzzRoundsMin: 1, sampledRounds: 1, only };
  const { file } = await opened(place, vendor, { ...options, terms });
  return verify(file, { terms });
}

t.test('a statement that claims what is not there is no certificate', async (t) => {
  const statement = statementValue();
  statement.features['named-regions'] = true;
  const { derived, verdict } = await verdictOf('claims', { statement }, [
    'DEV-09/name',
    'IOC-01/valid',
  ]);
  t.equal(verdict, 'not certified');
  t.match(derived?.conclusion.reasons, [/feature named-regions: yes.*claimed-but-absent/]);
});

t.test('nor is one that does not claim what is there', async (t) => {
  const statement = statementValue();
  statement.features['no-mode-refused'] = false;
  const { derived, verdict } = await verdictOf('hides', { statement }, [
    'FLG-05/no-mode',
    'IOC-01/valid',
  ]);
  t.equal(verdict, 'not certified');
  t.match(derived?.conclusion.reasons, [/feature no-mode-refused: no.*present-but-not-claimed/]);
});

const waiver = (more: object): object => ({
  version: 1,
  waivers: [
    {
      ...{ id: 'LEN-01', target: '*', owner: 'A', reason: 'known', issue: 'https://e.example/1' },
      ...more,
    },
  ],
});

const WAIVED = { target: 'sim:?defect=zero-length-accepted' };

t.test('a derived product is held against the package that it derives from', async (t) => {
  const place = join(folder, 'derived');
  mkdirSync(place);
  const statement = statementValue();
  statement.product.version = '1.1';
  const derived = await opened(place, vendor, {
    statement,
    target: 'sim:?defect=unknown-ioctl-einval',
  });
  const base = await verify(made.file);
  const held = derivedFrom(await verify(derived.file), base, 'old.tar.gz');
  t.match(held.base, { verdict: 'certified', product: 'Acme Heap 1.0' });
  t.strictSame(held.base?.changes, [
    { name: 'IOC-02', before: 'pass', after: 'fail' },
    { name: 'statement.product.version', before: '"1.0"', after: '"1.1"' },
    { name: 'environment.details.defects', before: '""', after: '"unknown-ioctl-einval"' },
  ]);
  const { text } = VIEWS;
  const shown = text(
    held,
    { file: 'p', keys: 1, verbose: false },
    { milliseconds: 1, peakBytes: 1 },
  );
  t.match(shown, /CHANGED +statement\.product\.version: was "1\.0", is "1\.1"/);
  t.match(
    shown,
    /It derives from Acme Heap 1\.0 \(old\.tar\.gz\), which is\s+certified; 3 things differ/,
  );
  const same = derivedFrom(base, base, 'old.tar.gz');
  t.strictSame(same.base?.changes, [], 'nothing differs from itself');
});

t.test('a base that is refused refuses the derived product', async (t) => {
  const bytes = readFileSync(made.file);
  const base = await verify(bytes.subarray(0, bytes.length - 100));
  const held = derivedFrom(await verify(made.file), base, 'old.tar.gz');
  t.equal(held.verdict, 'refused');
  t.match(held.refusals, [{ reason: 'base', sentence: /old\.tar\.gz, is refused: .+/ }]);
});

t.test('a finding of the campaign on what is waived is known, another one is not', async (t) => {
  const waivers = waiver({ kind: 'interpretation' });
  const place = join(folder, 'findings');
  mkdirSync(place);
  const terms = { ...TERMS, only: ['LEN-01/zero', 'IOC-01/valid'] };
  const recording = await recorded(place, { ...WAIVED, waivers, terms });
  const records = [1, 2, 3].map((run) =>
    readRecord(join(recording, 'runs', String(run), 'record.json')),
  );
  const concluded = (requirement: string, waived: readonly Waiver[]) => {
    const findings = [{ requirement, signature: `errors ${requirement}` }];
    const campaign = { rounds: 1, operations: 1, unfinished: '', findings };
    const statement = { faults: [], undecided: [] };
    return concludePackage({ profile: 'hardened', records, campaign, waivers: waived, statement });
  };
  const { waivers: given } = waivers as { readonly waivers: readonly Waiver[] };
  t.match(concluded('LEN-01', given), { result: 'WARNED', reasons: [], warned: ['LEN-01'] });
  t.match(concluded('LEN-01', []).reasons.at(-1), /fuzzing found: errors LEN-01/);
  t.match(concluded('IOC-01', given), {
    result: 'FAILED',
    reasons: ['fuzzing found: errors IOC-01'],
  });
});

t.test('what is waived stands on the certificate by name', async (t) => {
  const waivers = waiver({ kind: 'interpretation' });
  const { derived, refusals, verdict } = await verdictOf('waived', { ...WAIVED, waivers }, [
    'LEN-01/zero',
    'IOC-01/valid',
  ]);
  t.strictSame(refusals, []);
  t.equal(verdict, 'certified');
  t.match(derived?.conclusion, { result: 'WARNED', waived: [{ id: 'LEN-01' }], reasons: [] });
});

const tomorrow = dayOf(new Date(Date.now() + 86_400_000));

t.test('a minor fault expires after it was certified', async (t) => {
  const place = join(folder, 'minor');
  mkdirSync(place);
  const terms = {
    ...TERMS,
    fuzzRoundsMin: 1,
    sampledRounds: 1,
    only: ['LEN-01/zero', 'IOC-01/valid'],
  };
  const waivers = waiver({ kind: 'minor-fault', expires: tomorrow });
  const { file } = await opened(place, vendor, { ...WAIVED, waivers, terms });
  t.equal((await verify(file, { terms })).verdict, 'certified');
  const now = new Date(Date.now() + 3 * 86_400_000);
  const { refusals } = await verify(file, { terms, now });
  t.match(refusals, [{ reason: 'waiver-expired', sentence: new RegExp(`expired on ${tomorrow}`) }]);
});

t.test('a deficiency ends with the version that mends the suite', async (t) => {
  const waivers = waiver({ kind: 'suite-deficiency', mendedIn: '0.1.0' });
  const { derived, verdict } = await verdictOf('mended', { ...WAIVED, waivers }, [
    'LEN-01/zero',
    'IOC-01/valid',
  ]);
  t.equal(verdict, 'refused');
  const [, second = ''] = derived?.conclusion.reasons ?? [];
  t.match(second, /ended with allocert 0\.1\.0, which mends the suite/);
});

t.test('a package that pins the rules of a release is judged by them', async (t) => {
  const rules = structuredClone(catalogue());
  const older = {
    ...rules,
    requirements: rules.requirements.map((one) =>
      one.id === 'LEN-01'
        ? { ...one, expect: { ...one.expect, hardened: { zero: ['EFBIG'] } } }
        : one,
    ),
  };
  const place = join(folder, 'older');
  mkdirSync(place);
  const terms = {
    ...TERMS,
    fuzzRoundsMin: 1,
    sampledRounds: 1,
    only: ['LEN-01/zero', 'IOC-01/valid'],
  };
  const file = await underCatalogue(older, async () => {
    const recording = await recorded(place, { terms });
    return packed(place, recording, 'older.tar.gz', vendor);
  });
  const stranger = await verify(file, { terms });
  t.match(stranger.refusals, [{ reason: 'catalogue' }]);
  const released = [catalogueDigest(older)];
  const { otherToday, refusals, verdict } = await verify(file, { terms, released });
  t.strictSame(refusals, []);
  t.equal(verdict, 'not certified');
  t.strictSame(otherToday, [{ requirement: 'LEN-01', pinned: 'fail', today: 'pass' }]);
});

t.test('a plan follows from challenge, statement and catalogue', async (t) => {
  const source = { challenge: 'a', nonce: null, statement: '1', catalogue: '2', rounds: 1024 };
  const plan = certificationPlan(source, PUBLISHED_TERMS);
  t.equal(plan.runs.length, 3);
  for (const other of [{ challenge: 'b' }, { statement: '3' }, { catalogue: '4' }]) {
    const seeds = certificationPlan({ ...source, ...other }, PUBLISHED_TERMS);
    t.notSame(seeds.runs, plan.runs);
    t.not(seeds.fuzz.seed, plan.fuzz.seed);
  }
  const ids = Array.from({ length: 20 }, (_, at) => `case ${at}`);
  const [first = '', second = ''] = plan.runs;
  t.notSame(caseOrder(first, ids), caseOrder(second, ids));
  t.strictSame(caseOrder(first, ids).toSorted(), ids.toSorted());
});

t.test('what cannot be certified is refused before anything runs', async (t) => {
  const place = join(folder, 'none');
  await t.rejects(recorded(place, { challenge: 'two words' }), {
    message: /--challenge takes 1 to 200/,
  });
});

/*
 * Targets with a defect get no certificate, also not when their vendor edits verdicts, records and
 * everything that follows from them, and signs it again.
 */

/** A defect of the simulator, and the case that sees it. */
const S: readonly (readonly [defect: string, case_: string])[] = [
  ['unknown-ioctl-einval', 'IOC-02/unknown-nr'],
  ['ioctl-type-unchecked', 'IOC-04/direction'],
  ['efault-einval', 'ERR-01/pointer'],
  ['copy-out-ignored', 'ERR-03/read-only'],
  ['cloexec-ignored', 'FLG-02/cloexec'],
  ['zero-length-accepted', 'LEN-01/zero'],
  ['exhaustion-einval', 'LEN-06/larger-than-region'],
  ['descriptor-not-lowest', 'FD-01/lowest'],
  ['version-1-wanted', 'VER-01/zero'],
  ['reopens-writable', 'MAP-06/reopen'],
];

/** Makes a verdict what its vendor would like it to be. */
function whitewash(line: Loose): void {
  if (line.type !== 'case-end') return;
  for (const verdict of line.verdicts) {
    if (verdict.status === 'pass' || verdict.status === 'info') continue;
    Object.assign(verdict, { status: 'pass', observed: verdict.expected.slice(0, 1), reason: '' });
  }
}

for (const [defect, case_] of S) {
  t.test(`the defect ${defect} cannot be edited away`, async (t) => {
    const place = join(folder, defect);
    mkdirSync(place);
    const target = `sim:?defect=${defect}`;
    const terms = { ...TERMS, only: [case_], fuzzRoundsMin: 1, sampledRounds: 1 };
    const made = await opened(place, vendor, { target, terms });
    const honest = await verify(made.file, { terms });
    t.equal(honest.verdict, 'not certified');
    t.match(honest.derived?.conclusion.reasons, [/^run 1: .*failing row/]);
    let data = made.data as ReadonlyMap<string, Buffer>;
    for (const run of [1, 2, 3]) data = withJournal(data, run, whitewash);
    const edited = { ...made, data: await withDerived(data) };
    const { refusals, verdict } = await verify(
      sealed(edited, { signer: vendor, result: 'PASSED' }),
      {
        terms,
      },
    );
    t.equal(verdict, 'refused');
    const reasons = refusals.filter(({ reason }) => reason === 'verdict');
    t.equal(reasons.length, 3, JSON.stringify(refusals));
  });
}
