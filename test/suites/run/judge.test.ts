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
import { checkFixes, kernelVersion, profileOn } from '../../../catalogue/known.ts';
import { kernelAlarms, taintAlarms } from '../../../oracles/alarms.ts';
import type { Status } from '../../../reports/record/status.ts';
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
  detail: `${role} was ${observed}`,
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

t.test('a known deviation excuses the kernels that have it, and no others', async (t) => {
  const left = done(saw('ERR-04', 'descriptors', 'changed'));
  const on = (release: string | undefined, ...fixed: string[]) => {
    const profiles = heap.map((one) => profileOn(one, { release, fixed }));
    return judge(caseFor('ERR-04'), left, profiles)[0];
  };
  for (const release of [
    '5.10.0-35-amd64',
    '6.12.51+deb13-amd64',
    '6.16.12',
    '7.1.13',
    '7.2-rc3',
  ]) {
    t.equal(on(release)?.status, 'warn', release);
  }
  for (const release of ['6.12.117+deb12-amd64', '6.12.200', '7.2.0', '7.3.4', '5.4.1']) {
    t.match(
      on(release),
      { status: 'fail', reason: /does not excuse it: .*this kernel is/ },
      release,
    );
  }
  t.match(
    on(undefined),
    { status: 'fail', reason: /does not report a kernel version/ },
    'no version is no excuse',
  );
  for (const fix of ['30d0aff2c65a', '30d0aff2c65a0b1c', '30d0aff2', 'ERR-04']) {
    t.match(on('6.6.1', fix), { status: 'fail', reason: /said to be present/ }, fix);
  }
  t.equal(on('6.6.1', 'ERR-05')?.status, 'warn', 'the fix of something else');
  t.doesNotThrow(() => checkFixes(['ERR-05', '30d0aff2c65a'], heap));
  for (const fix of ['IOC-03', 'Linux', '30d0', 'deadbeef00']) {
    t.throws(() => checkFixes([fix], heap), { exitCode: 2, message: /names no deviation/ }, fix);
  }
  t.throws(() => checkFixes(['ERR-04'], simple), /no known deviation of this ABI has a fix/);
});

t.test('the versions of kernels', async (t) => {
  t.strictSame(kernelVersion('6.12.51+deb13-amd64'), [6, 12, 51, Number.POSITIVE_INFINITY]);
  t.strictSame(kernelVersion('7.3-rc7-amd64'), [7, 3, 0, 7]);
  t.equal(kernelVersion('next'), undefined);
});

t.test(
  'what was carried out is not excused as another errno is, and is called worse',
  async (t) => {
    for (const { known, name } of catalogue().profiles) {
      for (const { requirement, observed } of known) {
        const mixed = observed.includes('ok') && observed.length > 1;
        t.notOk(mixed, `${name} ${requirement}: refused and carried out are two deviations`);
      }
    }
    const request = (observed: string) => done(saw('IOC-02', 'unknown-nr', observed));
    for (const profiles of [simple, heap]) {
      for (const verdict of judge(caseFor('IOC-02'), request('ok'), profiles)) {
        t.match(verdict.reason, /carried out although it must be refused/, verdict.profile);
        if (verdict.profile !== 'rfc') t.equal(verdict.status, 'fail', verdict.profile);
      }
    }
    const [refused] = judge(caseFor('IOC-02'), request('EPERM'), [profileNamed('hardened')]);
    t.notMatch(refused?.reason, /carried out/);
  },
);

t.test('where the reference of an ABI has one behaviour, no other passes', async (t) => {
  for (const [id, role] of [
    ['RES-05', 'input'],
    ['FLG-09', 'request'],
  ] as const) {
    t.equal(statuses(done(saw(id, role, 'EINVAL')), id, heap)['dma-heap'], 'pass');
    t.equal(statuses(done(saw(id, role, 'ok')), id, heap)['dma-heap'], 'fail');
    t.strictSame(statuses(done(saw(id, role, 'ok')), id, simple), {}, 'no rule of another ABI');
  }
});

t.test('an errno without a name is shown, and is no errno that a program may see', async (t) => {
  const outcome = done(saw('VER-02', 'other-version', 'errno 524'));
  const [verdict] = judge(caseFor('VER-02'), outcome, [profileNamed('rfc')]);
  t.match(verdict, { status: 'fail', observed: ['errno 524'] });
});

t.test('level and verdict agree in every profile, whatever is observed', async (t) => {
  const allowed = {
    MUST: ['pass', 'warn', 'fail'],
    SHOULD: ['pass', 'warn'],
    MAY: ['pass', 'info'],
  };
  for (const requirement of catalogue().requirements) {
    const { id, level, authority, expect } = requirement;
    for (const profile of catalogue().profiles) {
      const roles = Object.entries(expect[profile.name] ?? {});
      const known = profile.known.flatMap(({ observed }) => observed);
      for (const [role, words] of roles) {
        for (const word of [...words, ...known, 'ok', 'EIO', 'errno 524', 'other']) {
          for (const alarms of [[], ['BUG: x']]) {
            const outcome = { ...done(saw(id, role, word)), alarms };
            const verdicts = judge(caseFor(id), outcome, [profile]);
            const binds =
              profile.authorities.includes(authority) && requirement.reportOnly !== true;
            const fits: readonly Status[] = binds ? (allowed[level] as Status[]) : ['info'];
            const mine = verdicts.filter((one) => one.requirement === id);
            // ERR-12 is what an alarm breaks where nothing else of the case may fail.
            const wrong = mine.filter(({ status }) => !fits.includes(status));
            if (wrong.length > 0) t.strictSame(wrong, [], `${id} ${profile.name} ${word}`);
            const failed = verdicts.filter(({ status }) => status === 'fail');
            if (alarms.length > 0 && failed.length === 0) t.fail(`${id} ${profile.name}: no alarm`);
            for (const one of failed) {
              if (requirementOf(one.requirement).level !== 'MUST') t.fail(`${id} fails`);
            }
          }
        }
      }
    }
  }
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
  t.match(verdict?.reason, /was changed; the kernel log reports: BUG: KASAN/);
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
