import { setImmediate } from 'node:timers/promises';
import { AllocertError, messageOf } from '../../base/errors.ts';
import { toJson } from '../contract/program-json.ts';
import { type Adapter, type Session, TargetDeath, type TargetFacts } from '../contract/session.ts';
import { HISTORY_RULES, type HistoryRule, HistoryWatch } from './kit/history-watch.ts';
import type { ObservedRule } from './kit/observed-rule.ts';
import {
  AdapterSilent,
  RuleBlocked,
  RuleBroken,
  type RuleResult,
  type RuleText,
} from './kit/rule.ts';
import { answerInTime, RuleContext } from './kit/rule-context.ts';
import { ANSWER_RULES } from './rules/answers.ts';
import { END_RULES } from './rules/ends.ts';
import { EVERY_RULES } from './rules/every.ts';
import { LOOP_RULES } from './rules/loops.ts';
import { STATE_RULES } from './rules/state.ts';

const FACTS_RULE: RuleText = {
  id: 'facts/schema',
  statement: 'The target’s facts are valid by the published schema.',
  place: 'TargetFacts; reports/schema/record.schema.json, facts',
};

const OBSERVED: readonly ObservedRule[] = [
  ...ANSWER_RULES,
  ...EVERY_RULES,
  ...STATE_RULES,
  ...LOOP_RULES,
  ...END_RULES,
];

/** Groups of rules, in the order of the report. */
const GROUPS = [
  'facts',
  'answers',
  'clock',
  'errno',
  'unsupported',
  'descriptors',
  'slots',
  'repeat',
  'ends',
  'deadline',
  'begin',
  'session',
];

/** Every rule of the contract that an adapter is tested against, in that order. */
export const RULES: readonly RuleText[] = GROUPS.flatMap((group) =>
  [FACTS_RULE, ...HISTORY_RULES, ...OBSERVED].filter(({ id }) => id.startsWith(`${group}/`)),
);

/** An adapter to check, and what the check needs beside it. */
export interface CheckOptions {
  readonly adapter: Adapter;
  /** The first fault of facts in their text form, by the published schema. */
  factsViolation(facts: unknown): string | undefined;
  /** Hears of each rule before it is looked at, with its number and that of all rules. */
  onRule?(rule: RuleText, index: number, total: number): void;
  /** Stops between two rules; those that are left are skipped. */
  readonly signal?: AbortSignal;
}

/**
 * Tests an adapter against the contract: not whether the target is a good allocator, but whether
 * its Histories can be believed.
 *
 * @throws {@link AllocertError} when no session can be opened at all
 */
export async function checkAdapter(options: CheckOptions): Promise<readonly RuleResult[]> {
  return new Check(options).run();
}

type RuleOutcome = Pick<RuleResult, 'status' | 'detail'>;

const PASSED: RuleOutcome = { status: 'pass', detail: '' };

class Check {
  readonly #options: CheckOptions;
  readonly #watch = new HistoryWatch();
  readonly #results = new Map<string, RuleOutcome>();
  #session: Session | undefined;

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  async run(): Promise<readonly RuleResult[]> {
    const { facts } = await this.#open();
    this.#facts(facts);
    for (const [index, rule] of OBSERVED.entries()) {
      // An adapter that never waits would let no signal and no timer be heard.
      await setImmediate();
      if (this.#options.signal?.aborted === true) break;
      this.#options.onRule?.(rule, index, OBSERVED.length);
      this.#results.set(rule.id, await this.#observe(rule));
    }
    await this.#drop();
    for (const { id } of HISTORY_RULES) this.#results.set(id, this.#watched(id));
    return RULES.map(({ id, statement, place }) => ({
      rule: id,
      statement,
      place,
      ...(this.#results.get(id) ?? { status: 'skip', detail: 'it was not looked at' }),
    }));
  }

  async #open(): Promise<Session> {
    if (this.#session === undefined) {
      this.#session = await this.#options.adapter.open();
      this.#watch.startClock();
    }
    return this.#session;
  }

  #facts(facts: TargetFacts): void {
    const violation = this.#options.factsViolation(toJson(facts));
    this.#results.set(
      FACTS_RULE.id,
      violation === undefined ? PASSED : { status: 'fail', detail: `the facts: ${violation}` },
    );
  }

  async #observe(rule: ObservedRule): Promise<RuleOutcome> {
    try {
      const session = await this.#open();
      await answerInTime(session.begin(rule.id), 0);
      await rule.observe(new RuleContext(this.#options.adapter, session, this.#watch));
      return PASSED;
    } catch (thrown) {
      if (thrown instanceof RuleBroken) return { status: 'fail', detail: thrown.message };
      if (thrown instanceof RuleBlocked) return { status: 'skip', detail: thrown.message };
      // After anything unexpected the next rule starts with a session of its own.
      await this.#drop();
      return { status: 'fail', detail: unexpected(thrown) };
    } finally {
      if (rule.id === 'session/close') this.#session = undefined;
    }
  }

  async #drop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    try {
      if (session !== undefined) await answerInTime(session.close(), 0);
    } catch (thrown) {
      this.#results.set('session/close', { status: 'fail', detail: messageOf(thrown) });
    }
  }

  #watched(id: HistoryRule): RuleOutcome {
    const breach = this.#watch.breaches.get(id);
    if (breach !== undefined) return { status: 'fail', detail: breach };
    if (this.#watch.seen > 0) return PASSED;
    return { status: 'skip', detail: 'no Program was answered' };
  }
}

function unexpected(thrown: unknown): string {
  if (thrown instanceof AdapterSilent) return thrown.message;
  if (thrown instanceof TargetDeath) {
    return `the target died (${thrown.manner}): ${thrown.message}`;
  }
  const kind = thrown instanceof AllocertError ? 'refused' : 'threw';
  return `the adapter ${kind}: ${messageOf(thrown)}`;
}

/** 1 when a rule is broken, 3 when nothing could be tested, else 0. */
export function checkExitCode(results: readonly Pick<RuleResult, 'status'>[]): 0 | 1 | 3 {
  if (results.some(({ status }) => status === 'fail')) return 1;
  return results.some(({ status }) => status === 'pass') ? 0 : 3;
}
