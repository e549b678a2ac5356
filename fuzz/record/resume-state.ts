import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../../base/errors.ts';
import { CampaignCourse } from '../../reports/journal/campaign-course.ts';
import {
  CAMPAIGN_FILE,
  type CampaignHeader,
  type CampaignLine,
  readCampaignLines,
} from '../../reports/journal/campaign-lines.ts';
import type { FoundFile } from './found-file.ts';
import { Ranges } from './ranges.ts';

/** The state of a campaign as its earlier parts left it. */
export interface ResumeState {
  readonly campaign: CampaignHeader;
  readonly done: Ranges;
  readonly operations: number;
  readonly findings: readonly FoundFile[];
  /** Signatures that are faces of these: no findings of their own. */
  readonly faces: ReadonlySet<string>;
  readonly suspects: number;
  readonly corpus: CorpusResumeState;
}

/** The corpus of a campaign as its earlier parts left it; digests stand for entries. */
export interface CorpusResumeState {
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
 * is left out, and nothing is changed.
 *
 * @throws {@link AllocertError} (usage) when there is none, or when it is damaged
 */
export function readResumeState(directory: string): ResumeState {
  const file = join(directory, CAMPAIGN_FILE);
  if (!existsSync(file)) {
    throw usageError(`${directory} holds no campaign to resume; start one without --resume`);
  }
  const reading = new Reading(file);
  const course = new CampaignCourse(file);
  readCampaignLines(file, (line, { place }) => {
    reading.take(line, place);
    course.add(line);
  });
  course.end();
  return reading.state();
}

/** The header of a campaign of this version, which says all that rounds are a function of. */
export interface ResumableCampaign extends CampaignHeader {
  readonly memoryLimit: string;
  readonly epochRounds: number;
}

/**
 * The header of a campaign, if its rounds can be gone on with.
 *
 * @param version of allocert, now
 * @throws {@link AllocertError} (usage) for a campaign of another version, or a damaged header
 */
export function resumableCampaign(campaign: CampaignHeader, version: string): ResumableCampaign {
  if (campaign.version !== version) {
    throw usageError(
      `the campaign is one of allocert ${campaign.version}, whose rounds this version does not ` +
        'repeat; start another with a new --out',
    );
  }
  const { epochRounds, memoryLimit } = campaign;
  if (epochRounds === undefined || memoryLimit === undefined) {
    throw usageError(
      'the first line of the campaign’s journal is damaged: it lacks memoryLimit or epochRounds; ' +
        'restore the file, or start another campaign with a new --out',
    );
  }
  return { ...campaign, epochRounds, memoryLimit };
}

class Reading {
  readonly #file: string;
  readonly #done = new Ranges();
  readonly #findings = new Map<string, FoundFile>();
  readonly #faces = new Set<string>();
  readonly #own = new Set<string>();
  readonly #evicted = new Set<string>();
  readonly #current = new Set<string>();
  readonly #pending = new Set<string>();
  readonly #known: string[] = [];
  #fresh: string[] = [];
  #campaign: CampaignHeader | undefined;
  #operations = 0;
  #suspects = 0;
  #epoch = 0;
  #digest = '';

  constructor(file: string) {
    this.#file = file;
  }

  take(line: CampaignLine, place: string): void {
    if (this.#campaign === undefined) {
      this.#begin(line);
      return;
    }
    switch (line.type) {
      case 'round':
        if (!this.#done.add(line.index)) {
          throw usageError(`${place} counts round ${line.index} twice, so nothing is sure`);
        }
        this.#operations += line.operations;
        break;
      case 'finding':
        this.#findings.set(line.signature, { signature: line.signature, file: line.file });
        for (const face of line.faces ?? []) this.#faces.add(face);
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
        throw usageError(`${place} is not a line of a campaign's journal of this version`);
    }
  }

  state(): ResumeState {
    const campaign = this.#campaign;
    if (campaign === undefined) throw this.#noCampaign();
    return {
      campaign,
      done: this.#done,
      operations: this.#operations,
      findings: [...this.#findings.values()],
      faces: this.#faces,
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

  #begin(line: CampaignLine): void {
    if (line.type !== 'campaign') throw this.#noCampaign();
    this.#campaign = line;
    for (const digest of line.entries ?? []) this.#current.add(digest);
  }

  #advance({ digest, evicted, number }: CampaignLine & { readonly type: 'epoch' }): void {
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
}
