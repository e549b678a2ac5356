import type { RunStart } from './journal-lines.ts';
import type { BlockedStep, RecordedCase, Verdict } from './record.ts';
import { isBad } from './status.ts';

/** The groups whose rules say that a step of a case works; of other steps every group may. */
const GROUPS: Readonly<Partial<Record<BlockedStep, readonly string[]>>> = {
  open: ['devices'],
  map: ['mapping'],
  register: ['registry'],
};

/**
 * Names for each case that a failed step kept from looking the broken requirement that is to blame:
 * one that expects the step to work, and that saw it fail with the same word.
 */
export function nameBlockers(
  cases: readonly RecordedCase[],
  run: Pick<RunStart, 'profile' | 'requirements'>,
): readonly RecordedCase[] {
  if (!cases.some(({ blocked }) => blocked !== undefined)) return cases;
  const broken = new BrokenRules(cases, run);
  return cases.map((one) => {
    if (one.blocked === undefined) return one;
    const { step, word } = one.blocked;
    const by = broken.firstBut(one.id, word, GROUPS[step]);
    return by === undefined ? one : { ...one, blocked: { step, word, by } };
  });
}

/** A requirement that was seen broken, where, and how many were before it. */
interface BrokenRule {
  readonly by: { readonly requirement: string; readonly case: string };
  readonly place: number;
}

/**
 * The requirements that cases saw broken, by what was observed: of each word and group the first,
 * and the first of another case, since no case is to blame for itself.
 */
class BrokenRules {
  readonly #first = new Map<string, BrokenRule[]>();

  constructor(cases: readonly RecordedCase[], run: Pick<RunStart, 'profile' | 'requirements'>) {
    const groups = new Map(run.requirements.map(({ id, group }) => [id, group]));
    let place = 0;
    for (const { id, verdicts } of cases) {
      for (const verdict of verdicts) {
        if (!isBroken(verdict, run.profile)) continue;
        const { observed, requirement } = verdict;
        const rule = { by: { requirement, case: id }, place };
        place += 1;
        for (const word of observed) {
          this.#add(keyOf(word), rule);
          this.#add(keyOf(word, groups.get(requirement) ?? ''), rule);
        }
      }
    }
  }

  /** The first that has a word, of these groups or of any, that another case saw. */
  firstBut(
    id: string,
    word: string,
    groups: readonly string[] | undefined,
  ): BrokenRule['by'] | undefined {
    const keys = groups?.map((group) => keyOf(word, group)) ?? [keyOf(word)];
    let first: BrokenRule | undefined;
    for (const key of keys) {
      const found = this.#first.get(key)?.find(({ by }) => by.case !== id);
      if (found !== undefined && (first === undefined || found.place < first.place)) first = found;
    }
    return first?.by;
  }

  #add(key: string, rule: BrokenRule): void {
    const known = this.#first.get(key);
    if (known === undefined) this.#first.set(key, [rule]);
    else if (known.length === 1 && known[0]?.by.case !== rule.by.case) known.push(rule);
  }
}

/** What requirements are found by; without a group those of all. */
const keyOf = (word: string, group?: string): string => JSON.stringify([word, group]);

/** Whether something that had to work was seen not to. */
const isBroken = ({ profile, status, expected }: Verdict, deciding: string): boolean =>
  profile === deciding && isBad(status) && expected.includes('ok');
