import { openTarget } from '../../adapters/open-target.ts';
import type { Verdict } from '../../reports/record/record.ts';
import { runSuites } from '../../suites/index.ts';

/** What a run of every suite came to. */
export interface Came {
  readonly complete: boolean;
  readonly ends: Readonly<Record<string, string>>;
  readonly verdicts: readonly Verdict[];
}

/**
 * Every suite on a target, under the hardened profile.
 *
 * @param only the requirements or cases that run; all when left out
 */
export async function everySuiteOn(url: string, only: readonly string[] = []): Promise<Came> {
  const ends: Record<string, string> = {};
  const verdicts: Verdict[] = [];
  const adapter = await openTarget(url);
  const { complete } = await runSuites({
    adapter,
    profile: 'hardened',
    only,
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

/** Requirements that have one of those verdicts. */
export const idsWith = ({ verdicts }: Came, ...statuses: string[]): string[] => [
  ...new Set(
    verdicts
      .filter(({ status }) => statuses.includes(status))
      .map(({ requirement }) => requirement),
  ),
];

/** What is seen only when a race happens, which a busy machine may not let it do. */
const isOfRace = (requirement: string): boolean =>
  requirement.startsWith('CON-') || requirement === 'ISO-05';

/** Every verdict in words that do not change from run to run. */
export const verdictWords = ({ verdicts }: Came): string[] =>
  verdicts
    .filter(({ requirement }) => !isOfRace(requirement))
    .map(({ requirement, status, observed }) => `${requirement} ${status} ${observed}`);
