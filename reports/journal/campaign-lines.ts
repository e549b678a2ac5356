import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, usageError } from '../../base/errors.ts';
import { forEachLine } from '../../base/lines.ts';
import { parseJson } from '../../base/parse-json.ts';
import { schemaViolation } from '../files/schema.ts';

/** The journal of a fuzz campaign in its folder, one JSON object a line. */
export const CAMPAIGN_FILE = 'fuzz.ndjson';

/** Whether a folder holds a fuzz campaign. */
export const holdsCampaign = (folder: string): boolean => existsSync(join(folder, CAMPAIGN_FILE));

/** The first line of a campaign's journal: all that it must know of itself to go on. */
export interface CampaignHeader {
  readonly type: 'campaign';
  /** Version of allocert. */
  readonly version: string;
  readonly target: string;
  readonly seed: string;
  readonly modes: readonly string[];
  readonly profile?: string | undefined;
  /** Bytes that the live buffers of a scenario may have together; decimal digits. */
  readonly memoryLimit?: string;
  /** The corpus folder as typed; undefined for the one in the campaign's own folder. */
  readonly corpus?: string | undefined;
  /** Digests of the entries that it began with. */
  readonly entries?: readonly string[];
  /** Rounds that see the same snapshot of the corpus. */
  readonly epochRounds?: number;
  /** For the report: when it began (ISO 8601), and what the target said of itself, as JSON. */
  readonly startedAt?: string;
  readonly facts?: unknown;
}

/** The work of a campaign in a stretch of time; stretches follow each other, also over a resume. */
export interface CampaignSample {
  readonly type: 'sample';
  /** Milliseconds since the sample before. */
  readonly ms: number;
  /** Rounds and operations that ended in them. */
  readonly rounds?: number;
  readonly operations: number;
  /** The most bytes that buffers of one of these rounds surely had together; decimal digits. */
  readonly peakBytes: string;
}

/** A line of a campaign's journal. Members that may be missing are so in older journals. */
export type CampaignLine =
  | CampaignHeader
  | {
      readonly type: 'round';
      readonly index: number;
      readonly mode?: string;
      readonly operations: number;
      /** Signatures of everything that the round proved. */
      readonly signatures?: readonly string[];
      /** Digest of the entry of the corpus that it changed. */
      readonly parent?: string;
    }
  | { readonly type: 'suspect'; readonly round: number; readonly why: string }
  | {
      readonly type: 'finding';
      readonly signature: string;
      readonly file: string;
      /** Signatures by which the same defect shows too. */
      readonly faces?: readonly string[];
    }
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

/** Where a line of a journal stands. */
export interface LinePlace {
  /** File and number of the line, for a sentence. */
  readonly place: string;
  /** The line as it stands in the file, without the line feed. */
  readonly bytes: Buffer;
}

/**
 * Reads the journal of a campaign line by line, however long it is, and checks each line against
 * `campaign.schema.json`. A last line that a kill cut short is left out. Lines of types that this
 * version does not know are handed over like all others.
 *
 * @throws {@link AllocertError} (usage) for a line that is not JSON, or not as the schema says
 */
export function readCampaignLines(
  file: string,
  onLine: (line: CampaignLine, at: LinePlace) => void,
): void {
  let number = 0;
  forEachLine(file, (bytes) => {
    number += 1;
    const place = `${file} line ${number}`;
    onLine(lineOf(bytes.toString('utf8'), place), { place, bytes });
  });
}

function lineOf(text: string, place: string): CampaignLine {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (thrown) {
    throw usageError(`${place} is damaged: it ${messageOf(thrown)}; restore the file`);
  }
  const violation = schemaViolation('campaign', value);
  if (violation === undefined) return value as CampaignLine;
  throw usageError(
    `${place} is damaged: it is not what allocert fuzz writes: ${violation}; restore the file`,
  );
}
