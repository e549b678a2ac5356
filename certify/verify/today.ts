import { checkedEntries } from '../../adapters/replay/decode-entries.ts';
import { journalLineAt } from '../../reports/journal/read-journal.ts';
import { type Status, worse } from '../../reports/record/status.ts';
import { JudgeAgain } from '../../suites/recheck/judge-again.ts';
import type { CheckedRun } from './check-run.ts';

/** A rule of which the catalogue of today says something else than the pinned one. */
export interface OtherToday {
  readonly requirement: string;
  readonly pinned: Status | 'none';
  readonly today: Status | 'none';
}

/**
 * What the catalogue in force says of the first run, where it differs from what its record says.
 *
 * @param folder holds the run's journal
 */
export async function todayWouldSay(
  { ends, record, start }: CheckedRun,
  folder: string,
): Promise<readonly OtherToday[]> {
  const judge = new JudgeAgain(start);
  const today = new Map<string, Status>();
  for (const end of ends) {
    const line = journalLineAt(folder, end);
    if (line.type !== 'case-end') continue;
    const entries = checkedEntries(line.transcript, line.case);
    const verdicts = (await judge.verdicts(line.case, entries)) ?? [];
    for (const { profile, requirement, status } of verdicts) {
      if (profile !== record.profile) continue;
      today.set(requirement, worse(today.get(requirement) ?? status, status));
    }
  }
  const pinned = new Map(
    record.requirements.flatMap(({ id, statuses }) => {
      const status = statuses[record.profile];
      return status === undefined ? [] : [[id, status] as const];
    }),
  );
  return [...new Set([...pinned.keys(), ...today.keys()])].flatMap((requirement): OtherToday[] => {
    const before = pinned.get(requirement) ?? 'none';
    const now = today.get(requirement) ?? 'none';
    // What no case observed has no verdict in either.
    const isSame = before === now || (before === 'skip' && now === 'none');
    return isSame ? [] : [{ requirement, pinned: before, today: now }];
  });
}
