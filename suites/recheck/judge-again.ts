import {
  type History,
  NotRecorded,
  type Program,
  type Session,
  type TranscriptEntry,
} from '../../adapters/contract/index.ts';
import { ReplaySession } from '../../adapters/replay/session.ts';
import { REDACTED } from '../../base/redact.ts';
import {
  type Abi,
  abiNamed,
  type Profile,
  profileNamed,
  profilesOf,
} from '../../catalogue/catalogue.ts';
import { profileOn } from '../../catalogue/known.ts';
import { type FieldDifference, firstDifference } from '../../reports/record/contradiction.ts';
import type { Attempt, RunRecord, Verdict } from '../../reports/record/record.ts';
import { CASES } from '../cases/all.ts';
import { judge } from '../run/judge.ts';
import { runCase, whyNot } from '../run/run-case.ts';

/** What a report says of one run of a case. */
export type Said = Pick<Attempt, 'end' | 'reason' | 'verdicts' | 'lacks' | 'blocked'>;

/** Longer texts may have been cut where they entered the journal. */
const TEXT_MAX = 4096;

/** Judges runs of cases again, from what the target answered. */
export class JudgeAgain {
  readonly #facts: RunRecord['facts'];
  readonly #abi: Abi;
  readonly #profiles: readonly Profile[];

  /** @throws {@link AllocertError} for a profile that is not known */
  constructor({ facts, fixed = [], profile }: Pick<RunRecord, 'facts' | 'profile' | 'fixed'>) {
    const { abi } = profileNamed(profile);
    const release = facts.kernel?.release;
    this.#facts = facts;
    this.#abi = abiNamed(abi);
    this.#profiles = profilesOf(abi).map((one) => profileOn(one, { release, fixed }));
  }

  /**
   * The verdicts on a run of a case, from what the target answered, by the rules of now.
   *
   * @returns undefined when there is no such case any more
   */
  async verdicts(
    caseId: string,
    entries: readonly TranscriptEntry[],
  ): Promise<readonly Verdict[] | undefined> {
    const case_ = CASES.find(({ id }) => id === caseId);
    if (case_ === undefined) return undefined;
    const session = new ReplaySession(this.#facts, () => entries);
    return judge(case_, await runCase(session, this.#abi, case_, true), this.#profiles);
  }

  /**
   * Where a report says otherwise of a run of a case than what follows from the target's answers.
   *
   * @returns undefined when it says the same
   */
  async difference(
    caseId: string,
    says: Said,
    entries: readonly TranscriptEntry[],
  ): Promise<FieldDifference | undefined> {
    const field = `cases[${caseId}]`;
    if (entries.length === 0 && says.end === 'inconclusive') return undecided(says, field);
    const session = new Asked(new ReplaySession(this.#facts, () => entries));
    const case_ = CASES.find(({ id }) => id === caseId);
    if (case_ === undefined) return { field, says: says.end, follows: undefined };
    const outcome = await runCase(session, this.#abi, case_, true);
    const isUnasked = session.missing !== undefined;
    // The target of a run may itself have been a recording that had no answer.
    if (isUnasked && says.end !== 'inconclusive') {
      return { field: `${field}.evidence`, says: says.end, follows: session.missing };
    }
    if (!isUnasked && session.position < entries.length) {
      const follows = `the first ${session.position} of them alone`;
      return { field: `${field}.evidence`, says: `${entries.length} answers`, follows };
    }
    const { end, reason } = outcome;
    const verdicts = judge(case_, outcome, this.#profiles);
    const follows = { end, reason, verdicts, ...whyNot(outcome) };
    return firstDifference(...comparable(says, follows, isUnasked), field);
  }
}

/** A run whose connection was lost twice has no answers, and no verdict. */
function undecided({ verdicts }: Said, field: string): FieldDifference | undefined {
  const decided = verdicts.find(({ status }) => status !== 'inconclusive');
  if (decided === undefined) return undefined;
  const { requirement, profile, status } = decided;
  const name = `${field}.verdicts[${requirement} ${profile}].status`;
  return { field: name, says: status, follows: 'inconclusive' };
}

/**
 * Both without the sentences that secrets were taken out of, or that were cut.
 *
 * @param anyReason whether no sentence is compared
 */
function comparable(says: Said, follows: Said, anyReason: boolean): [Said, Said] {
  const isWhole = (text: string): boolean =>
    !anyReason && text.length <= TEXT_MAX && !text.includes(REDACTED);
  const same = (mine: string, other = ''): string =>
    isWhole(mine) && isWhole(other) ? mine : other;
  const { lacks, blocked } = says;
  const told: Said = {
    end: says.end,
    reason: same(says.reason, follows.reason),
    verdicts: says.verdicts.map((verdict, at) => ({
      ...verdict,
      observed: verdict.observed.map((word, index) =>
        same(word, follows.verdicts[at]?.observed[index]),
      ),
      reason: same(verdict.reason, follows.verdicts[at]?.reason),
    })),
    ...(lacks === undefined ? {} : { lacks }),
    ...(blocked === undefined ? {} : { blocked: { step: blocked.step, word: blocked.word } }),
  };
  return [told, follows];
}

/** Notices what was asked for and not recorded, whatever the case makes of it. */
class Asked implements Session {
  readonly #session: ReplaySession;
  missing: string | undefined;

  constructor(session: ReplaySession) {
    this.#session = session;
  }

  get facts(): Session['facts'] {
    return this.#session.facts;
  }

  get position(): number {
    return this.#session.position;
  }

  begin(caseId: string): Promise<void> {
    return this.#session.begin(caseId);
  }

  async run(program: Program): Promise<History> {
    try {
      return await this.#session.run(program);
    } catch (thrown) {
      if (thrown instanceof NotRecorded) this.missing ??= thrown.message;
      throw thrown;
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
