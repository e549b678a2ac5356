/** Claims against what simulators show: the truth is verified, and a lie is caught either way. */
import t from 'tap';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { isLie } from '../../../certify/statement/claim-verdict.ts';
import { inconsistencies } from '../../../certify/statement/consistency.ts';
import { featuresOf } from '../../../certify/statement/features.ts';
import { judgeClaims, judgeSkips } from '../../../certify/statement/judge-claims.ts';
import { runProbes } from '../../../certify/statement/run-probes.ts';
import type { Statement } from '../../../certify/statement/statement.ts';
import type { RunRecord } from '../../../reports/record/record.ts';
import { recordOf, truthful } from './sample.ts';

const HARDENED = await recordOf('sim:?region=256KiB');
const OPEN = await recordOf('sim:?bounded=no&regions=1&caller=32');
const POSTED = await recordOf('sim:?behaviour=rfc-v2&region=256KiB&page=16384');
const TRUTH = truthful(HARDENED);

/** The lies of a statement on a target, as `claim result`, in order. */
const lies = (statement: Statement, record: RunRecord): readonly string[] =>
  judgeClaims(statement, record)
    .filter(isLie)
    .map(({ claim, result }) => `${claim} ${result}`);

t.test('a truthful statement is verified, what it denies too', async (t) => {
  for (const record of [HARDENED, OPEN, POSTED]) {
    const statement = truthful(record);
    t.strictSame(lies(statement, record), [], record.target);
  }
  const results = judgeClaims(TRUTH, HARDENED).map(({ result }) => result);
  t.strictSame(new Set(results), new Set(['verified', 'verified-absent']));
});

t.test('every feature is caught when it is claimed wrongly, in both directions', async (t) => {
  for (const { name } of featuresOf('hardened')) {
    const claimed = TRUTH.features[name] === true;
    const features = { ...TRUTH.features, [name]: !claimed };
    const expected = claimed ? 'present-but-not-claimed' : 'claimed-but-absent';
    t.strictSame(lies({ ...TRUTH, features }, HARDENED), [`feature ${name} ${expected}`]);
  }
});

t.test('every other claim is caught, too', async (t) => {
  const [first, second] = TRUTH.regions;
  if (first === undefined || second === undefined) throw new Error('the simulator has two regions');
  const { testing } = TRUTH;
  const deviation = { requirement: 'IOC-02', erratum: 'E-1', reason: 'none' };
  const changes: readonly (readonly [Partial<Statement>, readonly string[]])[] = [
    [{ abi: 'dma-heap' }, ['ABI claimed-but-absent']],
    [{ pageSize: 16384 }, ['page size claimed-but-absent']],
    [{ regions: [first] }, ['region /dev/cma1 present-but-not-claimed']],
    [
      { regions: [first, second, { node: '/dev/cma2', bounded: true }] },
      ['region /dev/cma2 claimed-but-absent'],
    ],
    [
      { regions: [first, { node: second.node, bounded: false }] },
      [
        'region /dev/cma1 bounded present-but-not-claimed',
        'region /dev/cma1 size claimed-but-absent',
      ],
    ],
    [
      { regions: [first, { ...second, sizeBytes: 2n << 18n }] },
      ['region /dev/cma1 size claimed-but-absent'],
    ],
    [{ alignment: 4096n }, ['alignment present-but-not-claimed']],
    [{ limits: { largestBuffer: 1n << 17n } }, ['limit largest buffer present-but-not-claimed']],
    [{ deviations: [deviation] }, ['deviation from IOC-02 claimed-but-absent']],
    [{ testing: { ...testing, callerBits: 32 } }, ['caller bits claimed-but-absent']],
    [{ testing: { ...testing, operations: [] } }, testing.operations.toSorted().map(unclaimed)],
    [
      { testing: { ...testing, operations: [...testing.operations, 'lasers'] } },
      ['operations lasers claimed-but-absent'],
    ],
    [{ testing: { ...testing, pageFrames: false } }, ['page frames shown present-but-not-claimed']],
    [
      { testing: { ...testing, testControl: false } },
      ['test-control node present-but-not-claimed'],
    ],
    [{ testing: { ...testing, idle: false } }, ['idle regions present-but-not-claimed']],
  ];
  const record = { ...HARDENED, cases: [...HARDENED.cases, ...(await ioctls()).cases] };
  for (const [change, expected] of changes) {
    t.strictSame(lies({ ...TRUTH, ...change }, record), expected);
  }
});

const unclaimed = (name: string): string => `operations ${name} present-but-not-claimed`;

/** The probes of a statement that declares deviations. */
const ioctls = (): Promise<RunRecord> =>
  runProbes(openSimulator('sim:?region=256KiB'), {
    deviations: [{ requirement: 'IOC-02', reason: '' }],
  });

t.test('a statement of one target is contradicted by another', async (t) => {
  const found = lies(TRUTH, POSTED);
  for (const lie of [
    'page size claimed-but-absent',
    'feature no-mode-refused claimed-but-absent',
    'feature nonblocking-descriptors present-but-not-claimed',
  ]) {
    t.ok(found.includes(lie), `${lie} of ${found.join(', ')}`);
  }
  t.ok(lies(TRUTH, OPEN).includes('region /dev/cma0 bounded claimed-but-absent'));
  t.ok(lies(TRUTH, OPEN).includes('caller bits claimed-but-absent'));
  t.ok(lies(truthful(OPEN), HARDENED).includes('region /dev/cma1 present-but-not-claimed'));
});

t.test('a declared deviation that is there is verified', async (t) => {
  const deviations = [{ requirement: 'IOC-02', erratum: 'E-1', reason: 'as posted' }];
  const record = await runProbes(openSimulator('sim:?behaviour=rfc-v2&region=256KiB'), {
    deviations,
  });
  const claims = judgeClaims({ ...truthful(record), deviations }, record);
  const one = claims.find(({ claim }) => claim === 'deviation from IOC-02');
  t.match(one, { result: 'verified', reason: /ENODEV/ });
});

t.test('what the region excludes is verified as absent, and its skips are explained', async (t) => {
  const statement = truthful(OPEN);
  t.strictSame(inconsistencies(statement, '2026-01-01'), []);
  const quota = judgeClaims(statement, OPEN).find(({ claim }) => claim === 'feature region-quota');
  t.match(quota, { result: 'verified-absent', reason: /the region \/dev\/cma0 is unbounded/ });
  const skips = judgeSkips(statement, OPEN);
  t.ok(skips.length > 3);
  t.strictSame(
    skips.filter(({ because }) => because === ''),
    [],
  );
  const unexplained = judgeSkips(TRUTH, OPEN).filter(({ because }) => because === '');
  t.strictSame(
    unexplained.map((one) => one.case),
    skips.map((one) => one.case),
  );
});

t.test('what no case saw is undecided, and says why', async (t) => {
  const nothing = { ...HARDENED, cases: [] };
  const undecided = judgeClaims(TRUTH, nothing).filter(({ result }) => result === 'undecided');
  t.ok(undecided.length >= featuresOf('hardened').length);
  t.ok(undecided.every(({ reason, seen }) => reason !== '' && seen === ''));
  const far = { ...TRUTH, alignment: 1n << 20n, limits: { descriptors: 9 } };
  const told = judgeClaims(far, HARDENED).filter(({ result }) => result === 'undecided');
  t.strictSame(
    told.map(({ claim }) => claim),
    ['alignment', 'limit descriptors'],
  );
});

t.test('a profile that does not accept guidance has features by the one that does', async (t) => {
  const record = await runProbes(openSimulator('sim:?region=256KiB'), { profile: 'rfc' });
  const statement = truthful(record);
  t.equal(statement.profile, 'rfc');
  t.strictSame(lies(statement, record), []);
  const features = { ...statement.features, 'natural-alignment': false };
  t.strictSame(lies({ ...statement, features }, record), [
    'feature natural-alignment present-but-not-claimed',
  ]);
});
