import { join } from 'node:path';
import { toJson } from '../../adapters/contract/index.ts';
import { AllocertError } from '../../base/errors.ts';
import { redact, redactorOf } from '../../base/redact.ts';
import { entering } from '../../reports/journal/cut-text.ts';
import { redactFacts } from '../../reports/journal/redact-line.ts';
import { EPOCH_ROUNDS } from '../corpus/corpus.ts';
import { CorpusFolder } from '../corpus/corpus-folder.ts';
import { withNames } from '../findings/named.ts';
import { writeCampaignReport } from '../findings/report.ts';
import type { RoundDone } from '../judge/round-report.ts';
import { CampaignJournal } from '../record/campaign-journal.ts';
import { summaryOf, writeSummary } from '../record/campaign-summary.ts';
import { type Finding, findingFile } from '../record/finding.ts';
import type { FoundFile } from '../record/found-file.ts';
import type { ResumeState } from '../record/resume-state.ts';
import { withReproducer } from '../reproduce/index.ts';
import {
  type CampaignEnd,
  type CampaignOptions,
  type CampaignStart,
  type RoundFigures,
  runCampaign,
} from './campaign.ts';
import { type CorpusFolders, CorpusKeeper, corpusBefore, entriesToBegin } from './corpus-keeper.ts';

/** The folder of a campaign's corpus, in its own folder, when nothing else is said. */
export const CORPUS = 'corpus';

/** Options that an earlier part of a campaign decides for the next. */
type Kept = 'done' | 'doneOperations' | 'known' | 'knownFaces' | 'entries' | 'corpus';

/** A campaign that keeps what it does. */
export interface RecordedOptions extends Omit<CampaignOptions, Kept | 'onFinding'> {
  readonly directory: string;
  /** A folder of entries to begin with and to add to; undefined for the directory's own alone. */
  readonly corpusFolder: string | undefined;
  /** The state that earlier parts left; undefined for a new campaign. */
  readonly before: ResumeState | undefined;
  /** A finding was written to a file of the directory; undefined when it could not be. */
  readonly onFinding?: (finding: Finding, file: string | undefined) => void;
  /** A sentence about what was left out. */
  readonly onWarning?: (sentence: string) => void;
}

/** How a campaign ended, and whether anything of it is left. */
export interface RecordedEnd extends CampaignEnd {
  /** Whether its folder was deleted while it ran. */
  readonly lost: boolean;
}

/**
 * Runs a campaign and keeps it in its folder, so that a kill at any instant loses no finding and no
 * entry of the corpus, and the campaign can go on. When the folder is deleted meanwhile, it is not
 * made again: what is observed is told all the same.
 *
 * @throws {@link AllocertError} when a folder cannot be used, or the target cannot be reached
 */
export async function runRecorded(options: RecordedOptions): Promise<RecordedEnd> {
  const { before, corpusFolder, directory } = options;
  const journal = new CampaignJournal(directory, before !== undefined);
  // Until a campaign goes on, nothing of what is there changes, so that it can be looked at.
  const lacking = before === undefined ? 'make' : 'wait';
  try {
    const folders = {
      own: CorpusFolder.inCampaign(join(directory, CORPUS), lacking),
      shared: corpusFolder === undefined ? undefined : new CorpusFolder(corpusFolder, lacking),
    };
    return await new Recorder(options, journal, folders).run();
  } finally {
    const isLost = journal.isLost;
    journal.close();
    if (journal.isBegun && !isLost) writeCampaignReport(directory);
  }
}

class Recorder {
  readonly #options: RecordedOptions;
  readonly #journal: CampaignJournal;
  readonly #folders: CorpusFolders;
  readonly #keeper: CorpusKeeper;
  readonly #found: FoundFile[] = [];
  #modes: readonly string[] = [];
  #lost = false;

  constructor(options: RecordedOptions, journal: CampaignJournal, folders: CorpusFolders) {
    this.#options = options;
    this.#journal = journal;
    this.#folders = folders;
    this.#keeper = new CorpusKeeper(folders, journal, options.before);
  }

  async run(): Promise<RecordedEnd> {
    const end = await runCampaign({
      ...this.#options,
      ...this.#past(),
      onStart: (start) => this.#start(start),
      onSuspect: (index, why) => {
        this.#keep(() => this.#journal.suspect(index, why));
        this.#options.onSuspect?.(index, why);
      },
      onEntry: (round, kept) => {
        this.#keep(() => this.#keeper.entry(round, kept));
        this.#options.onEntry?.(round, kept);
      },
      onEpoch: (epoch) => {
        this.#keep(() => this.#keeper.epoch(epoch));
        this.#options.onEpoch?.(epoch);
      },
      onFinding: (finding) => this.#finding(finding),
      onRoundDone: (round, sight) => this.#round(round, sight),
    });
    this.#keep(() => this.#end(end));
    return { ...end, lost: this.#lost };
  }

  #end(end: CampaignEnd): void {
    const { adapter, before, directory, memoryLimit, profile, seed, version } = this.#options;
    this.#journal.end(end.reason);
    const facts = { allocert: version, target: redact(adapter.url), seed, modes: this.#modes };
    const more = { profile, memoryLimit, corpusFolder: this.#corpusPath };
    writeSummary(directory, summaryOf({ ...facts, ...more }, before, end, this.#found));
  }

  /**
   * Keeps something in the campaign's folder, unless that was deleted.
   *
   * @returns whether it is kept
   */
  #keep(write: () => void): boolean {
    try {
      if (!this.#lost && !this.#journal.isLost) {
        write();
        return true;
      }
    } catch (thrown) {
      // Deleted between the look and the writing.
      if (!(thrown instanceof AllocertError && this.#journal.isLost)) throw thrown;
    }
    if (!this.#lost) {
      const { directory, onWarning } = this.#options;
      onWarning?.(`${directory} was deleted while the campaign ran; nothing more of it is kept`);
    }
    this.#lost = true;
    return false;
  }

  /** The folder that people know the corpus by. */
  get #corpusPath(): string {
    const { own, shared } = this.#folders;
    return (shared ?? own).path;
  }

  /** The options that the past of the campaign decides. */
  #past(): Pick<CampaignOptions, Kept> {
    const { before, onWarning } = this.#options;
    if (before === undefined) {
      const { entries, warning } = entriesToBegin(this.#folders);
      if (warning !== '') onWarning?.(warning);
      return { entries };
    }
    const { corpus } = before.campaign;
    if (corpus !== undefined && this.#folders.shared === undefined) {
      onWarning?.(
        `the campaign began with --corpus ${corpus}, and what only a file names is never opened; ` +
          'it goes on without, unless that is typed again',
      );
    }
    return {
      done: before.done,
      doneOperations: before.operations,
      known: new Set(before.findings.map(({ signature }) => signature)),
      knownFaces: before.faces,
      corpus: corpusBefore(before, this.#folders.own),
    };
  }

  #start(start: CampaignStart): void {
    const { adapter, before, corpusFolder, epochRounds, memoryLimit, profile, seed, version } =
      this.#options;
    const { entries, modes, unfit } = start;
    this.#modes = modes;
    if (unfit > 0) {
      const what = `${unfit} entries of ${this.#corpusPath} are left out`;
      this.#options.onWarning?.(`${what}: this target cannot run them, or must not`);
    }
    this.#options.onStart?.(start);
    if (before !== undefined) {
      this.#journal.resume();
      this.#keeper.resume(before);
      return;
    }
    this.#journal.start({
      type: 'campaign',
      version,
      target: redact(adapter.url),
      seed: String(seed),
      modes,
      profile,
      memoryLimit: String(memoryLimit),
      corpus: corpusFolder,
      entries,
      epochRounds: epochRounds ?? EPOCH_ROUNDS,
      startedAt: new Date().toISOString(),
      facts: toJson(redactFacts(start.facts, entering(redactorOf(adapter.url)))),
    });
  }

  #finding(found: Finding): void {
    const finding = withNames(found);
    const { signature } = finding;
    const file = findingFile(signature, 'json');
    const { finding: told, text } = withReproducer(finding, findingFile(signature, 'c'));
    let isKept = false;
    try {
      isKept = this.#keep(() => this.#journal.finding(told, file, text));
    } finally {
      // It was observed, whatever becomes of its file.
      this.#options.onFinding?.(finding, isKept ? file : undefined);
    }
    this.#found.push({ signature, file });
  }

  #round(round: RoundDone, sight: RoundFigures): void {
    this.#journal.round(round, sight.peakBytes);
    this.#options.onRoundDone?.(round, sight);
  }
}
