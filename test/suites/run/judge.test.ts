/** Judging is pure: observations in, verdicts of every profile out. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  catalogue,
  loadCatalogue,
  type Profile,
  profileNamed,
  profilesOf,
  requirementOf,
} from '../../../catalogue/catalogue.ts';
import { kernelAlarms, taintAlarms } from '../../../oracles/alarms.ts';
import { CASES } from '../../../suites/cases/all.ts';
import type { Case } from '../../../suites/kit/case.ts';
import type { Observation } from '../../../suites/kit/observation.ts';
import { type CaseOutcome, judge } from '../../../suites/run/judge.ts';
import { selectCases } from '../../../suites/run/select.ts';

const caseFor = (...requirements: string[]): Case => ({
  id: 'X/test',
  title: '',
  requirements,
  run: async () => {},
});
const saw = (requirement: string, role: string, observed: string): Observation => ({
  requirement,
  role,
  observed,
  detail: `${role} came to ${observed}`,
});
const done = (...observations: Observation[]): CaseOutcome => ({
  end: 'completed',
  reason: '',
  observations,
  alarms: [],
});
const simple: readonly Profile[] = profilesOf('simple-allocator');
const heap: readonly Profile[] = profilesOf('dma-heap');

function statuses(outcome: CaseOutcome, requirement: string, profiles = simple) {
  const verdicts = judge(caseFor(requirement), outcome, profiles);
  return Object.fromEntries(verdicts.map(({ profile, status }) => [profile, status]));
}

t.test('what every profile expects passes in all, what none allows fails in all', async (t) => {
  const right = done(saw('ISO-01', 'contents', 'zero'));
  t.strictSame(statuses(right, 'ISO-01'), { hardened: 'pass', rfc: 'pass' });
  const wrong = done(saw('ISO-01', 'contents', 'residue'));
  t.strictSame(statuses(wrong, 'ISO-01'), { hardened: 'fail', rfc: 'fail' });
});

t.test('guidance fails hardened and only informs rfc', async (t) => {
  const outcome = done(saw('ERR-07', 'exhausted', 'EINVAL'));
  t.strictSame(statuses(outcome, 'ERR-07'), { hardened: 'fail', rfc: 'info' });
});

t.test('any errno satisfies an expectation of "error", success does not', async (t) => {
  t.equal(statuses(done(saw('VER-02', 'other-version', 'EPERM')), 'VER-02').rfc, 'pass');
  t.equal(statuses(done(saw('VER-02', 'other-version', 'ok')), 'VER-02').rfc, 'fail');
  t.equal(statuses(done(saw('VER-02', 'other-version', 'lost')), 'VER-02').rfc, 'fail');
});

t.test('the worst of many observations decides and is the one quoted', async (t) => {
  const outcome = done(
    saw('VER-02', 'other-version', 'EINVAL'),
    saw('VER-02', 'other-version', 'ok'),
    saw('VER-02', 'other-version', 'ok'),
  );
  const [verdict] = judge(caseFor('VER-02'), outcome, [profileNamed('hardened')]);
  t.match(verdict, { status: 'fail', expected: ['EINVAL'], observed: ['ok'] });
  t.match(verdict?.reason, /and 1 more like it/);
});

t.test('a known deviation warns with its source, an unlisted one fails', async (t) => {
  const known = done(saw('IOC-02', 'unknown-nr', 'EINVAL'));
  const [verdict] = judge(caseFor('IOC-02'), known, heap);
  t.equal(verdict?.status, 'warn');
  t.match(verdict?.reason, /dma-heap\.c.*not fixed so far/);
  t.equal(statuses(done(saw('IOC-02', 'unknown-nr', 'EPERM')), 'IOC-02', heap)['dma-heap'], 'fail');
});

t.test('a case that did not complete has no pass', async (t) => {
  for (const end of ['skip', 'inconclusive', 'crash', 'hang'] as const) {
    const seen = [saw('ISO-01', 'contents', 'zero')];
    const outcome = { end, reason: 'because', observations: seen, alarms: [] };
    t.equal(statuses(outcome, 'ISO-01').hardened, end);
  }
  t.equal(statuses(done(), 'ISO-01').hardened, 'inconclusive', 'nothing was observed');
});

t.test('a failure that was observed stands although the case then stopped', async (t) => {
  const seen = [saw('ISO-01', 'contents', 'residue')];
  const outcome = { end: 'inconclusive', reason: 'later', observations: seen, alarms: [] } as const;
  t.equal(statuses(outcome, 'ISO-01').hardened, 'fail');
});

t.test('a kernel alarm fails the case in every profile', async (t) => {
  const alarms = ['BUG: KASAN: use-after-free in x'];
  const outcome = { ...done(saw('ISO-01', 'contents', 'zero')), alarms };
  t.strictSame(statuses(outcome, 'ISO-01'), { hardened: 'fail', rfc: 'fail' });
});

t.test('alarms are the kernel’s defects, not its ordinary words', async (t) => {
  const bad = [
    'BUG: kernel NULL pointer dereference, address: 0000000000000010',
    'WARNING: CPU: 0 PID: 71 at drivers/dma-buf/dma-buf.c:80',
    'refcount_t: underflow; use-after-free.',
    'rcu: INFO: rcu_sched self-detected stall on CPU',
    'VFS: Close: file count is 0',
    'kernel BUG at mm/slub.c:4000!',
    'BUG kmalloc-256 (Not tainted): Poison overwritten',
    'WARNING: suspicious RCU usage',
    'Internal error: synchronous external abort: 96000010',
  ];
  const good = ['Out of memory: Killed process 71 (agent)', 'random: crng init done'];
  t.strictSame(kernelAlarms([...good, ...bad].toSorted()), bad.toSorted());
});

t.test('a taint that a case brought is an alarm, one that was there is not', async (t) => {
  t.strictSame(taintAlarms(1n << 12n, (1n << 12n) | (1n << 9n)), [
    'the kernel is now tainted by a warning',
  ]);
  t.strictSame(taintAlarms(1n << 9n, 1n << 9n), []);
  t.strictSame(taintAlarms(0n, 1n << 12n), [], 'a module from outside the tree is no defect');
  t.strictSame(taintAlarms(undefined, 1n << 9n), [], 'a target without taint');
});

t.test('an alarm is added to what was observed, and does not hide it', async (t) => {
  const alarms = ['BUG: KASAN: use-after-free in x'];
  const outcome = { ...done(saw('ERR-04', 'descriptors', 'changed')), alarms };
  const [verdict] = judge(caseFor('ERR-04'), outcome, [profileNamed('hardened')]);
  t.match(verdict, {
    status: 'fail',
    expected: ['unchanged'],
    observed: ['changed', 'kernel alarm'],
  });
  t.match(verdict?.reason, /came to changed; the kernel log reports: BUG: KASAN/);
});

t.test(
  'an alarm bears on the safety rules of a case, not on an errno that was right',
  async (t) => {
    const case_ = caseFor('ERR-03', 'ERR-04');
    const seen = done(
      saw('ERR-03', 'read-only', 'EFAULT'),
      saw('ERR-04', 'descriptors', 'unchanged'),
    );
    const verdicts = judge(case_, { ...seen, alarms: ['BUG: x'] }, [profileNamed('hardened')]);
    t.strictSame(
      verdicts.map(({ requirement, status }) => [requirement, status]),
      [
        ['ERR-03', 'pass'],
        ['ERR-04', 'fail'],
      ],
    );
  },
);

t.test('every case names requirements that exist, and each has an expectation', async (t) => {
  const ids = new Set(catalogue().requirements.map(({ id }) => id));
  for (const case_ of CASES) {
    for (const id of case_.requirements) t.ok(ids.has(id), `${case_.id} names ${id}`);
  }
  t.equal(new Set(CASES.map(({ id }) => id)).size, CASES.length, 'case ids are unique');
  const observed = new Set(CASES.flatMap(({ requirements }) => requirements));
  const unobservable = catalogue().requirements.filter((one) => one.unobservable !== undefined);
  t.strictSame(
    [...ids].filter((id) => !observed.has(id)),
    unobservable.map(({ id }) => id),
    'no requirement without a case, or a reason why none can observe it',
  );
});

t.test('deviations that are known name requirements and roles of their profile', async (t) => {
  for (const profile of catalogue().profiles) {
    for (const { requirement, role } of profile.known) {
      t.ok(requirementOf(requirement).expect[profile.name]?.[role], `${requirement} ${role}`);
    }
  }
});

t.test('a broken catalogue names the file and the place', async (t) => {
  const root = t.testdir({
    'schema.json': readFileSync('catalogue/schema.json', 'utf8'),
    requirements: { 'broken.json': '{"group":"x","title":"y","requirements":[{"id":"low-1"}]}' },
    profiles: {},
    abi: {},
  });
  t.throws(() => loadCatalogue(root), /broken\.json: at \/requirements\/0/);
});

t.test('unknown names are refused with what exists', async (t) => {
  t.throws(() => profileNamed('strict'), { name: 'AllocertError', message: /dma-heap, hardened/ });
  t.throws(() => selectCases('dma-heap', ['NOPE-01']), /no requirement or case "NOPE-01"/);
  t.throws(() => selectCases('dma-heap', ['VER-02']), /VER-02 does not apply to the dma-heap ABI/);
  t.strictSame(
    selectCases('simple-allocator', ['VER-02']).map(({ id }) => id),
    ['VER-02/each-bit'],
  );
});
