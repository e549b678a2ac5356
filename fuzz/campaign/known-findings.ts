import type { Violation } from '../../oracles/index.ts';
import { KINDS_MAX, ruleIn } from '../../reports/journal/campaign-course.ts';
import { signatureOf } from '../judge/judge-scenario.ts';

/** The findings of a campaign, and whether more of their kind are worth minimizing. */
export class KnownFindings {
  readonly #signatures: Set<string>;
  readonly #kinds = new Map<string, number>();
  #dropped = 0;

  /** @param before signatures of earlier parts */
  constructor(before: Iterable<string>) {
    this.#signatures = new Set(before);
    for (const signature of this.#signatures) this.#count(ruleIn(signature));
  }

  get signatures(): ReadonlySet<string> {
    return this.#signatures;
  }

  /** Rounds with a violation that was not kept, because of the limit. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a violation as known. @returns whether it is new and to be minimized */
  take(violation: Violation): boolean {
    const signature = signatureOf(violation);
    if (this.#signatures.has(signature)) return false;
    const rule = ruleIn(signature);
    if ((this.#kinds.get(rule) ?? 0) >= KINDS_MAX) {
      this.#dropped += 1;
      return false;
    }
    this.#signatures.add(signature);
    this.#count(rule);
    return true;
  }

  /** Signatures that are faces of what was found: they are no findings of their own any more. */
  add(faces: Iterable<string>): void {
    for (const face of faces) this.#signatures.add(face);
  }

  #count(rule: string): void {
    this.#kinds.set(rule, (this.#kinds.get(rule) ?? 0) + 1);
  }
}
