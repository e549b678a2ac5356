import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJson } from '../../adapters/contract/index.ts';
import { jsonText } from '../../base/clean-text.ts';
import type { Round } from '../../fuzz/judge/round-report.ts';
import { redactHistory } from '../../reports/journal/redact-line.ts';
import { programsDigest, type SampledRound } from '../derive/sampled-round.ts';

/** Writes `rounds.ndjson`: the rounds that the plan samples, as they are run. */
export class SampledRounds {
  readonly #file: string;
  readonly #wanted: ReadonlySet<number>;
  readonly #bytesMax: number;
  readonly #hide: (text: string) => string;

  /** @param hide takes secrets out of lines of a log */
  constructor(
    folder: string,
    wanted: ReadonlySet<number>,
    bytesMax: number,
    hide: (text: string) => string,
  ) {
    this.#file = join(folder, 'rounds.ndjson');
    this.#wanted = wanted;
    this.#bytesMax = bytesMax;
    this.#hide = hide;
    appendFileSync(this.#file, '');
  }

  /** Takes a round that was run. @throws what the file system throws */
  add(round: number, { histories, scenario }: Round): void {
    if (!this.#wanted.has(round)) return;
    const answers = histories.map((history) => toJson(redactHistory(history, this.#hide)));
    const programs = programsDigest(scenario.programs);
    const line: SampledRound = { round, mode: scenario.mode, programs, histories: answers };
    const text = jsonText(line);
    const isLong = text.length > this.#bytesMax;
    appendFileSync(this.#file, `${isLong ? jsonText({ ...line, histories: null }) : text}\n`);
  }
}
