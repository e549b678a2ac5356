import { contradictionIn } from '../record/contradiction.ts';
import type { CampaignLine } from './campaign-lines.ts';

/**
 * Findings of one oracle about one rule that a campaign keeps. What makes more kinds than that (a
 * kernel that complains in ever new words) is one defect, and each kind would cost its shrinking
 * and its files.
 */
export const KINDS_MAX = 16;

/** Oracle and requirement, with which a signature begins. */
export const ruleIn = (signature: string): string => signature.slice(0, signature.indexOf(':'));

/**
 * Holds the lines of a campaign's journal against each other: what a round proved is a finding, or
 * a face of one, and a finding is written before its round; samples count rounds that are there.
 */
export class CampaignCourse {
  readonly #file: string;
  readonly #found = new Set<string>();
  readonly #kinds = new Map<string, number>();
  /** What rounds proved, with the first round that did. */
  readonly #proved = new Map<string, number>();
  #operations = 0;
  #sampled = 0;

  /** @param file the journal, for sentences */
  constructor(file: string) {
    this.#file = file;
  }

  /** @throws {@link AllocertError} (machine) for a sample of rounds that are not there */
  add(line: CampaignLine): void {
    if (line.type === 'round') {
      this.#operations += line.operations;
      for (const signature of line.signatures ?? []) {
        if (!this.#proved.has(signature)) this.#proved.set(signature, line.index);
      }
    } else if (line.type === 'finding') {
      for (const signature of [line.signature, ...(line.faces ?? [])]) this.#found.add(signature);
      const rule = ruleIn(line.signature);
      this.#kinds.set(rule, (this.#kinds.get(rule) ?? 0) + 1);
    } else if (line.type === 'sample') {
      this.#sampled += line.operations;
      if (this.#sampled <= this.#operations) return;
      const counts = `samples count ${this.#sampled} operations, and rounds have ${this.#operations}`;
      throw contradictionIn(this.#file, 'itself', counts);
    }
  }

  /** @throws {@link AllocertError} (machine) when a round proved what no finding tells of */
  end(): void {
    for (const [signature, round] of this.#proved) {
      const isKept = (this.#kinds.get(ruleIn(signature)) ?? 0) < KINDS_MAX;
      if (this.#found.has(signature) || !isKept) continue;
      const proves = `round ${round} proves "${signature}", and no finding says so`;
      throw contradictionIn(this.#file, 'itself', proves);
    }
  }
}
