import { counted } from '../../base/counted.ts';
import type { RoundDone } from '../judge/round-report.ts';
import type { RoundFigures } from './campaign.ts';

/** Where a campaign stands. */
export interface CampaignFigures {
  /** Since this part of it began. */
  readonly seconds: number;
  /** Of the whole campaign. */
  readonly rounds: number;
  /** Of this part of it, a second. */
  readonly operationsPerSecond: number;
  /** Coverage signatures that were seen, and entries of the corpus. */
  readonly signatures: number;
  readonly entries: number;
  /** The most bytes that buffers surely had together in a round since it was asked for last. */
  readonly peakBytes: bigint;
  readonly findings: number;
  /** The rule of the violation that is being minimized, and for how long; rounds wait for it. */
  readonly minimizing?: { readonly requirement: string; readonly seconds: number };
}

/** Adds up what a campaign does, for those who look on. */
export class CampaignProgress {
  readonly #start = performance.now();
  #rounds: number;
  #findings: number;
  #operations = 0;
  #peakBytes = 0n;
  #minimizing: { readonly requirement: string; readonly since: number } | undefined;
  #sight: Omit<RoundFigures, 'peakBytes'> = { signatures: 0, entries: 0 };

  /** @param before rounds and findings of earlier parts */
  constructor(before: { readonly rounds: number; readonly findings: number }) {
    this.#rounds = before.rounds;
    this.#findings = before.findings;
  }

  /** Something was found that breaks a rule, and is made smaller from now on. */
  minimizes(requirement: string): void {
    this.#minimizing = { requirement, since: performance.now() };
  }

  round({ operations }: RoundDone, { peakBytes, ...sight }: RoundFigures): void {
    this.#rounds += 1;
    this.#operations += operations;
    this.#sight = sight;
    if (peakBytes > this.#peakBytes) this.#peakBytes = peakBytes;
  }

  finding(): void {
    this.#minimizing = undefined;
    this.#findings += 1;
  }

  /** The figures by now. */
  take(): CampaignFigures {
    const seconds = (performance.now() - this.#start) / 1000;
    const peakBytes = this.#peakBytes;
    this.#peakBytes = 0n;
    const { requirement, since = 0 } = this.#minimizing ?? {};
    return {
      ...this.#sight,
      seconds,
      rounds: this.#rounds,
      operationsPerSecond: seconds === 0 ? 0 : Math.round(this.#operations / seconds),
      peakBytes,
      findings: this.#findings,
      ...(requirement === undefined
        ? {}
        : { minimizing: { requirement, seconds: (performance.now() - since) / 1000 } }),
    };
  }
}

const KIBIBYTE = 1024n;

/** The figures as one line. */
export function figuresLine(figures: CampaignFigures): string {
  const { entries, findings, minimizing, operationsPerSecond, peakBytes, rounds } = figures;
  const { seconds, signatures } = figures;
  return [
    `${Math.floor(seconds)} s: ${counted(rounds, 'round')}`,
    minimizing === undefined
      ? `${operationsPerSecond} operations/s`
      : `shrinking what breaks ${minimizing.requirement} for ${Math.floor(minimizing.seconds)} s`,
    counted(signatures, 'signature'),
    entries === 1 ? '1 entry' : `${entries} entries`,
    `${(peakBytes + KIBIBYTE - 1n) / KIBIBYTE} KiB live`,
    `${findings} found`,
  ].join(', ');
}
