/** The example library under every suite: what it claims holds, and seeded defects are found. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openTarget } from '../../adapters/registry.ts';
import type { Verdict } from '../../reports/record.ts';
import { runSuites } from '../../suites/index.ts';
import { buildExample } from '../adapters/native/example-library.ts';

process.env.ALLOCERT_CACHE = join(tmpdir(), 'allocert-test-cache');

interface Came {
  readonly complete: boolean;
  readonly ends: Readonly<Record<string, string>>;
  readonly verdicts: readonly Verdict[];
}

async function everySuiteOn(url: string): Promise<Came> {
  const ends: Record<string, string> = {};
  const verdicts: Verdict[] = [];
  const adapter = await openTarget(url);
  const { complete } = await runSuites({
    adapter,
    profile: 'hardened',
    only: [],
    onStart: () => {},
    onCaseStart: () => {},
    onNotice: () => {},
    onCaseEnd: (line) => {
      ends[line.case] = line.end;
      verdicts.push(...line.verdicts.filter(({ profile }) => profile === 'hardened'));
    },
  });
  await adapter.close();
  return { complete, ends, verdicts };
}

const idsWith = ({ verdicts }: Came, ...statuses: string[]): string[] => [
  ...new Set(
    verdicts
      .filter(({ status }) => statuses.includes(status))
      .map(({ requirement }) => requirement),
  ),
];

t.test('the example passes what it can claim and skips the rest with reasons', async (t) => {
  const library = await buildExample(t.testdir());
  const came = await everySuiteOn(`native:${library}`);
  t.ok(came.complete);
  t.strictSame(idsWith(came, 'fail', 'warn', 'inconclusive', 'crash', 'hang'), []);
  t.ok(idsWith(came, 'pass').length >= 78, 'most of the profile was observed');
  const skipped = came.verdicts.filter(({ status }) => status === 'skip');
  t.ok(skipped.length > 0);
  for (const { reason } of skipped) {
    t.match(reason, /offers no (frames|procfs|registry) operations|has one region only/);
  }
});

t.test('both modes come to the same verdicts', async (t) => {
  const library = await buildExample(t.testdir());
  const [contained, inProcess] = [
    await everySuiteOn(`native:${library}`),
    await everySuiteOn(`native:${library}?mode=in-process`),
  ];
  t.ok(contained.complete && inProcess.complete);
  const words = ({ verdicts }: Came): string[] =>
    verdicts.map(({ requirement, status, observed }) => `${requirement} ${status} ${observed}`);
  t.strictSame(words(inProcess), words(contained));
});

/** What each defect must fail, and what else may fail with it. */
const DEFECTS = [
  { defect: 1, must: ['ISO-01'], may: ['FLG-07', 'LEN-10'] },
  { defect: 2, must: ['RES-01', 'RES-02'], may: [] },
  { defect: 3, must: ['LEN-06'], may: [] },
  { defect: 4, must: ['ERR-04', 'ERR-05'], may: [] },
  { defect: 5, must: ['FLG-02'], may: ['FD-06', 'FLG-08'] },
];

for (const { defect, must, may } of DEFECTS) {
  t.test(`defect ${defect} fails ${must.join(' and ')}`, async (t) => {
    const library = await buildExample(t.testdir(), defect);
    const came = await everySuiteOn(`native:${library}`);
    const failed = idsWith(came, 'fail', 'crash', 'hang');
    t.ok(came.complete);
    t.strictSame(
      must.filter((id) => !failed.includes(id)),
      [],
      'seen',
    );
    t.strictSame(
      failed.filter((id) => ![...must, ...may].includes(id)),
      [],
      'nothing else is accused',
    );
  });
}

const MODES = ['contained', 'in-process'] as const;

for (const mode of MODES) {
  t.test(`a library that dereferences NULL crashes the case, not the run: ${mode}`, async (t) => {
    const library = await buildExample(t.testdir(), 6);
    const came = await everySuiteOn(`native:${library}?mode=${mode}`);
    t.ok(came.complete);
    const crashed = Object.keys(came.ends).filter((id) => came.ends[id] === 'crash');
    t.ok(crashed.includes('FD-10/sync'));
    t.match(
      came.verdicts.find(({ requirement }) => requirement === 'FD-10'),
      { status: 'crash', reason: /a client died in a system call: subject by SIGSEGV/ },
    );
    t.ok(idsWith(came, 'pass').length >= 70, 'all other cases ran');
  });
}
