import { closeSync, existsSync, openSync, readSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../../adapters/contract/index.ts';
import { type CampaignLine, JOURNAL, type Line } from '../../reports/journal/campaign-lines.ts';
import type { FoundFile } from './campaign-summary.ts';
import { Ranges } from './ranges.ts';

/** What an earlier part of a campaign has left. */
export interface Before {
  readonly campaign: CampaignLine;
  readonly done: Ranges;
  readonly operations: number;
  readonly findings: readonly FoundFile[];
  readonly suspects: number;
  readonly corpus: CorpusBefore;
}

/** What the corpus of a campaign had come to; digests stand for entries. */
export interface CorpusBefore {
  readonly epoch: number;
  /** Digest of the snapshot of the epoch under way; empty in the first one. */
  readonly digest: string;
  readonly current: ReadonlySet<string>;
  readonly pending: ReadonlySet<string>;
  /** Entries that rounds of the campaign have brought, and those of them that are gone again. */
  readonly own: ReadonlySet<string>;
  readonly evicted: ReadonlySet<string>;
  /** Coverage signatures that rounds brought before the epoch under way, and during it. */
  readonly known: readonly string[];
  readonly fresh: readonly string[];
}

/**
 * Reads the journal of a campaign that is to go on, line by line. A last line that a kill cut short
 * is cut off.
 *
 * @throws {@link AllocertError} (usage) when there is none, or when it is damaged
 */
export function readCampaign(directory: string): Before {
  const file = join(directory, JOURNAL);
  if (!existsSync(file)) {
    throw usageError(`${directory} holds no campaign to resume; start one without --resume`);
  }
  const reading = new Reading(file);
  let length = 0;
  for (const { text, end } of linesOf(file)) {
    length = end;
    if (text !== '') reading.take(text);
  }
  truncateSync(file, length);
  return reading.before();
}

/** Bytes that are read at once. */
const CHUNK = 1 << 16;
const LINE_FEED = 0x0a;

/** Whole lines, and how far the file is read behind each. */
function* linesOf(file: string): Generator<{ readonly text: string; readonly end: number }> {
  const descriptor = openSync(file, 'r');
  const chunk = Buffer.alloc(CHUNK);
  let parts: Buffer[] = [];
  let end = 0;
  try {
    for (;;) {
      const read = readSync(descriptor, chunk, 0, CHUNK, null);
      if (read === 0) return;
      let from = 0;
      for (let at = chunk.indexOf(LINE_FEED); at >= 0 && at < read; ) {
        const line = Buffer.concat([...parts, chunk.subarray(from, at)]);
        parts = [];
        end += line.length + 1;
        yield { text: line.toString(), end };
        from = at + 1;
        at = chunk.indexOf(LINE_FEED, from);
      }
      parts.push(Buffer.from(chunk.subarray(from, read)));
    }
  } finally {
    closeSync(descriptor);
  }
}

class Reading {
  readonly #file: string;
  readonly #done = new Ranges();
  readonly #findings = new Map<string, FoundFile>();
  readonly #own = new Set<string>();
  readonly #evicted = new Set<string>();
  readonly #current = new Set<string>();
  readonly #pending = new Set<string>();
  readonly #known: string[] = [];
  #fresh: string[] = [];
  #campaign: CampaignLine | undefined;
  #operations = 0;
  #suspects = 0;
  #epoch = 0;
  #digest = '';
  #line = 0;

  constructor(file: string) {
    this.#file = file;
  }

  take(text: string): void {
    this.#line += 1;
    const line = this.#parsed(text);
    if (this.#line === 1) {
      this.#begin(line);
      return;
    }
    switch (line.type) {
      case 'round':
        if (!this.#done.add(line.index)) {
          throw usageError(`${this.#place} counts round ${line.index} twice, so nothing is sure`);
        }
        this.#operations += line.operations;
        break;
      case 'finding':
        this.#findings.set(line.signature, { signature: line.signature, file: line.file });
        break;
      case 'entry':
        this.#own.add(line.digest);
        this.#evicted.delete(line.digest);
        this.#pending.add(line.digest);
        this.#fresh.push(...line.fresh);
        break;
      case 'epoch':
        this.#advance(line);
        break;
      case 'suspect':
        this.#suspects += 1;
        break;
      case 'sample':
      case 'end':
        break;
      default:
        throw usageError(`${this.#place} is no line of a campaign's journal of this version`);
    }
  }

  before(): Before {
    const campaign = this.#campaign;
    if (campaign === undefined) throw this.#noCampaign();
    return {
      campaign,
      done: this.#done,
      operations: this.#operations,
      findings: [...this.#findings.values()],
      suspects: this.#suspects,
      corpus: {
        epoch: this.#epoch,
        digest: this.#digest,
        current: this.#current,
        pending: this.#pending,
        own: this.#own,
        evicted: this.#evicted,
        known: this.#known,
        fresh: this.#fresh,
      },
    };
  }

  get #place(): string {
    return `${this.#file}:${this.#line}`;
  }

  #begin(line: Line): void {
    if (line.type !== 'campaign') throw this.#noCampaign();
    this.#campaign = line;
    for (const digest of line.entries ?? []) this.#current.add(digest);
  }

  #advance({ digest, evicted, number }: Line & { readonly type: 'epoch' }): void {
    this.#epoch = number;
    this.#digest = digest;
    for (const one of this.#pending) this.#current.add(one);
    this.#pending.clear();
    for (const one of evicted) {
      this.#current.delete(one);
      if (this.#own.delete(one)) this.#evicted.add(one);
    }
    this.#known.push(...this.#fresh);
    this.#fresh = [];
  }

  #noCampaign(): Error {
    return usageError(`${this.#file} does not begin with a campaign, so nothing can be resumed`);
  }

  #parsed(text: string): Line {
    try {
      return JSON.parse(text) as Line;
    } catch {
      throw usageError(`${this.#place} is no JSON; the campaign cannot be resumed from it`);
    }
  }
}
