import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { toJson, usageError } from '../adapters/contract/index.ts';
import { attempt, prepareDirectory, temporary } from '../reports/directory.ts';
import type { Finding } from './finding.ts';
import type { RoundDone } from './runner.ts';

/** The file of a campaign, one JSON object a line. */
export const JOURNAL = 'fuzz.ndjson';

/** Milliseconds of rounds that a killed campaign may have to run again. */
const FLUSH_MS = 200;

/** What a campaign is, so that it can go on: its first line. */
export interface CampaignLine {
  readonly type: 'campaign';
  readonly version: string;
  readonly target: string;
  readonly seed: string;
  readonly modes: readonly string[];
  readonly profile: string | undefined;
  readonly memoryLimit: string;
}

type Line =
  | CampaignLine
  | ({ readonly type: 'round' } & RoundDone)
  | { readonly type: 'suspect'; readonly round: number; readonly why: string }
  | { readonly type: 'finding'; readonly signature: string; readonly file: string };

/** What an earlier part of a campaign has left. */
export interface Before {
  readonly campaign: CampaignLine;
  readonly done: ReadonlySet<number>;
  readonly operations: number;
  readonly signatures: ReadonlySet<string>;
}

/**
 * Reads the journal of a campaign that is to go on. A last line that a kill cut short is cut off.
 *
 * @throws {@link AllocertError} (usage) when there is none, or when it is damaged
 */
export function readCampaign(directory: string): Before {
  const file = join(directory, JOURNAL);
  if (!existsSync(file)) {
    throw usageError(`${directory} holds no campaign to resume; start one without --resume`);
  }
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  const lines = whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => parsed(line, `${file}:${index + 1}`));
  const [campaign] = lines;
  if (campaign?.type !== 'campaign') {
    throw usageError(`${file} does not begin with a campaign, so nothing can be resumed`);
  }
  const rounds = lines.filter((line) => line.type === 'round');
  const findings = lines.filter((line) => line.type === 'finding');
  return {
    campaign,
    done: new Set(rounds.map(({ index }) => index)),
    operations: rounds.reduce((sum, { operations }) => sum + operations, 0),
    signatures: new Set(findings.map(({ signature }) => signature)),
  };
}

function parsed(line: string, place: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    throw usageError(`${place} is no JSON; the campaign cannot be resumed from it`);
  }
}

/** A file without a whole line is what a kill left of a campaign that had not begun. */
function holdsCampaign(directory: string): boolean {
  const file = join(directory, JOURNAL);
  if (!existsSync(file)) return false;
  if (readFileSync(file, 'utf8').includes('\n')) return true;
  truncateSync(file);
  return false;
}

/** Appends what a campaign does. A finding is on the disk before the round that found it. */
export class CampaignJournal {
  readonly #directory: string;
  readonly #descriptor: number;
  #waiting: string[] = [];
  #flushed = performance.now();

  /**
   * @param resume whether the campaign in the directory goes on; a new one needs a place of its own
   * @throws {@link AllocertError} (usage) when the directory cannot be written, or holds other
   *   files
   */
  constructor(directory: string, resume: boolean) {
    this.#directory = directory;
    prepareDirectory(directory, JOURNAL);
    if (!resume && holdsCampaign(directory)) {
      throw usageError(
        `${directory} holds a campaign already; go on with it by --resume, ` +
          'or name another directory with --out',
      );
    }
    this.#descriptor = attempt(directory, () => openSync(join(directory, JOURNAL), 'a'));
  }

  start(line: CampaignLine): void {
    this.#write(line);
    this.flush();
  }

  /** Written a little later, many at a time. */
  round(round: RoundDone): void {
    this.#write({ type: 'round', ...round });
    if (performance.now() - this.#flushed >= FLUSH_MS) this.flush();
  }

  /** A round that kills its worker; seed, version and its number bring it back. */
  suspect(round: number, why: string): void {
    this.#write({ type: 'suspect', round, why });
    this.flush();
  }

  /** Writes the finding's own file. @returns its name */
  finding(finding: Finding): string {
    const digest = createHash('sha256').update(finding.signature).digest('hex').slice(0, 12);
    const name = `finding-${digest}.json`;
    const file = join(this.#directory, name);
    attempt(this.#directory, () => {
      const text = `${JSON.stringify(toJson(finding), undefined, 1)}\n`;
      writeFileSync(temporary(file), text, { flush: true });
      renameSync(temporary(file), file);
    });
    this.#write({ type: 'finding', signature: finding.signature, file: name });
    this.flush();
    return name;
  }

  flush(): void {
    this.#flushed = performance.now();
    const text = this.#waiting.join('');
    if (text === '') return;
    this.#waiting = [];
    attempt(this.#directory, () => {
      writeSync(this.#descriptor, text);
      fsyncSync(this.#descriptor);
    });
  }

  close(): void {
    this.flush();
    closeSync(this.#descriptor);
  }

  #write(line: Line): void {
    this.#waiting.push(`${JSON.stringify(line)}\n`);
  }
}
