import type { RoundDone } from '../../fuzz/execute/round-runner.ts';
import type { CampaignSample } from '../../fuzz/record/samples.ts';

/** The file of a campaign, one JSON object a line. */
export const JOURNAL = 'fuzz.ndjson';

/** What a campaign is, so that it can go on: its first line. */
export interface CampaignLine {
  readonly type: 'campaign';
  readonly version: string;
  readonly target: string;
  readonly seed: string;
  readonly modes: readonly string[];
  readonly profile: string | undefined;
  readonly memoryLimit: string;
  /** The corpus folder as typed; undefined for the one in the campaign's own folder. */
  readonly corpus: string | undefined;
  /** Digests of the entries that it began with. */
  readonly entries: readonly string[];
  /** Rounds that see the same snapshot of the corpus. */
  readonly epochRounds: number;
  /** For the report: when it began (ISO 8601), and what the target said of itself, as JSON. */
  readonly startedAt?: string;
  readonly facts?: unknown;
}

/** One line of the journal. */
export type Line =
  | CampaignLine
  | ({ readonly type: 'round' } & RoundDone)
  | { readonly type: 'suspect'; readonly round: number; readonly why: string }
  | { readonly type: 'finding'; readonly signature: string; readonly file: string }
  | {
      readonly type: 'entry';
      readonly round: number;
      readonly digest: string;
      /** Coverage signatures that nothing had shown before. */
      readonly fresh: readonly string[];
    }
  | {
      readonly type: 'epoch';
      readonly number: number;
      /** Of the snapshot that rounds see from here on. */
      readonly digest: string;
      readonly evicted: readonly string[];
    }
  | CampaignSample
  /** How a part of the campaign ended: an empty reason when its budget was spent. */
  | { readonly type: 'end'; readonly reason: string };
