/** Bugs of allocators in the field, put into the example library: what a campaign says of each. */
import t from 'tap';
import { openTarget } from '../../../adapters/open-target.ts';
import { type CampaignEnd, runCampaign } from '../../../fuzz/campaign/campaign.ts';
import type { Finding } from '../../../fuzz/record/finding.ts';
import { buildChangedExample, type Edit } from '../../adapters/native/example-library.ts';

interface Came {
  readonly findings: readonly Finding[];
  readonly end: CampaignEnd;
}

/** Rounds within which a signal has met a client that has the lock; most need a tenth of them. */
const ROUNDS_UNTIL = 6000;

/** A campaign that ends with its first finding, or with its budget. */
async function campaign(
  folder: string,
  edits: readonly Edit[],
  budget: { readonly rounds?: number; readonly milliseconds?: number },
): Promise<Came> {
  const findings: Finding[] = [];
  const found = new AbortController();
  const adapter = await openTarget(`native:${await buildChangedExample(folder, edits)}`);
  const end = await runCampaign({
    ...{ adapter, version: 'test', seed: 5n, modes: [], memoryLimit: 8n << 20n },
    budget: { operations: undefined, rounds: undefined, milliseconds: undefined, ...budget },
    shrinkBudget: 20,
    signal: found.signal,
    // What hangs is waited for each time that it is run again: that is bounded from here on.
    onMinimize: () => found.abort(),
    onFinding: (finding) => findings.push(finding),
  });
  await adapter.close();
  return { findings, end };
}

const requirements = ({ findings }: Came): readonly string[] =>
  [...new Set(findings.map(({ requirement }) => requirement))].toSorted();

/** Takes 10 ms for each buffer, and does not clear it. */
const SLOW_AND_DIRTY: readonly Edit[] = [
  ['region.c', '#include <unistd.h>\n', '#include <time.h>\n#include <unistd.h>\n'],
  ['region.c', '		madvise(region + at, bytes, MADV_REMOVE);\n', '		(void)bytes;\n'],
  [
    'region.c',
    '	lock();\n	/* By the caller',
    '	lock();\n	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);\n	/* By the caller',
  ],
];

t.test(
  'what a slow target showed is told when the time is up in the middle of a batch',
  async (t) => {
    const came = await campaign(t.testdir(), SLOW_AND_DIRTY, { milliseconds: 5_000 });
    t.ok(came.end.rounds > 0, 'rounds count that ended before the time was up');
    t.match(requirements(came), [/^ISO-0[15]$/], 'another’s bytes, by whatever oracle');
  },
);

t.test('a lock that a dead process keeps is a finding', async (t) => {
  const robust = '	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);\n';
  const came = await campaign(t.testdir(), [['region.c', robust, '']], { rounds: ROUNDS_UNTIL });
  t.match(
    came.findings.map(({ kind }) => kind),
    ['a call did not return'],
  );
});
