import type { Attempt, RecordedCase, Verdict } from './record.ts';

/**
 * Keeps one copy of what a long record says over and over: ids, words, and the lists of words. A
 * hundred thousand cases then take half of the memory. Objects are written member by member for the
 * same reason: V8 keeps what is spread together in a larger form.
 */
export class Interner {
  readonly #texts = new Map<string, string>();
  readonly #lists = new Map<string, readonly string[]>();

  text<T extends string>(value: T): T {
    const known = this.#texts.get(value);
    if (known !== undefined) return known as T;
    this.#texts.set(value, value);
    return value;
  }

  list(values: readonly string[]): readonly string[] {
    const key = JSON.stringify(values);
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const list = values.map((value) => this.text(value));
    this.#lists.set(key, list);
    return list;
  }

  verdict(given: Verdict): Verdict {
    const { requirement, profile, status, expected, observed, reason, waivedFrom } = given;
    const verdict = {
      requirement: this.text(requirement),
      profile: this.text(profile),
      status: this.text(status),
      expected: this.list(expected),
      observed: this.list(observed),
      reason,
    };
    return waivedFrom === undefined ? verdict : { ...verdict, waivedFrom };
  }

  attempt({ end, reason, durationMs, verdicts, evidence, lacks, blocked }: Attempt): Attempt {
    const one = {
      end: this.text(end),
      reason: this.text(reason),
      durationMs,
      verdicts: verdicts.map((each) => this.verdict(each)),
      evidence,
    };
    if (lacks === undefined && blocked === undefined) return one;
    return {
      ...one,
      ...(lacks === undefined ? {} : { lacks: this.text(lacks) }),
      ...(blocked === undefined ? {} : { blocked }),
    };
  }

  case({ id, title, requirements, attempts, retried, ...last }: RecordedCase): RecordedCase {
    const { end, reason, durationMs, verdicts, evidence, ...why } = this.attempt(last);
    const shared = this.list(requirements);
    const plain = { id, title, requirements: shared, end, reason, durationMs, verdicts, evidence };
    const one = 'lacks' in why || 'blocked' in why ? { ...plain, ...why } : plain;
    if (attempts === undefined && retried === undefined) return one;
    return {
      ...one,
      ...(attempts === undefined ? {} : { attempts: attempts.map((each) => this.attempt(each)) }),
      ...(retried === undefined ? {} : { retried }),
    };
  }
}
