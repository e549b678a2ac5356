import { usageError } from '../../adapters/contract/index.ts';
import type { CorpusState, Epoch, KeptEntry } from '../corpus/corpus.ts';
import type { CorpusFolder, FolderContent } from '../corpus/corpus-folder.ts';
import { Snapshot } from '../corpus/snapshot.ts';
import type { CampaignJournal } from '../record/campaign-journal.ts';
import type { ResumeState } from '../record/resume-state.ts';

/** Where a campaign keeps its corpus. */
export interface CorpusFolders {
  /** In the campaign's folder. */
  readonly own: CorpusFolder;
  /** The one that was named, if one was. */
  readonly shared: CorpusFolder | undefined;
}

/**
 * The entries that a new campaign begins with: those of the shared folder, copied into its own.
 */
export function entriesToBegin({ own, shared }: CorpusFolders): FolderContent {
  const content = (shared ?? own).read();
  if (shared !== undefined) for (const entry of content.entries) own.write(entry);
  return content;
}

/**
 * Keeps the corpus and the journal of a campaign in step, whenever it is killed: an entry is in the
 * folder before the journal names it, and leaves the folder after the journal let it go. What the
 * campaign did not bring itself it never removes.
 *
 * A folder that campaigns share gets what is new, and nothing is taken from it: each campaign goes
 * on from a folder of its own, whatever others do to the shared one.
 */
export class CorpusKeeper {
  readonly #folder: CorpusFolder;
  readonly #shared: CorpusFolder | undefined;
  readonly #journal: CampaignJournal;
  /** Digests of entries that the campaign has brought. */
  readonly #own: Set<string>;

  constructor({ own, shared }: CorpusFolders, journal: CampaignJournal, before?: ResumeState) {
    this.#folder = own;
    this.#shared = shared;
    this.#journal = journal;
    this.#own = new Set(before?.corpus.own);
  }

  /** The campaign goes on. A kill may have come between its journal and the folder. */
  resume({ corpus }: ResumeState): void {
    // Not in the shared one: another campaign may be in the middle of an entry.
    this.#folder.removeLeftovers();
    this.#folder.remove([...corpus.evicted]);
  }

  entry(round: number, kept: KeptEntry): void {
    this.#folder.write(kept.entry);
    this.#shared?.write(kept.entry);
    this.#own.add(kept.entry.digest);
    this.#journal.entry(round, kept);
  }

  epoch(epoch: Epoch): void {
    this.#journal.epoch(epoch);
    const gone = epoch.evicted.filter((digest) => this.#own.delete(digest));
    this.#folder.remove(gone);
  }
}

/**
 * The corpus of a campaign that is to go on, from its folder.
 *
 * @throws {@link AllocertError} (usage) when an entry is missing, or the snapshot is another one
 */
export function corpusBefore({ campaign, corpus }: ResumeState, folder: CorpusFolder): CorpusState {
  const first = folder.readAll(campaign.entries ?? []);
  const current = folder.readAll([...corpus.current]);
  const { digest } = new Snapshot(current);
  if (corpus.digest !== '' && corpus.digest !== digest) {
    throw usageError(
      `the corpus in ${folder.path} is not the one of the campaign, whose snapshot is ` +
        `${corpus.digest} and not ${digest}; start another campaign with a new --out`,
    );
  }
  return {
    epoch: corpus.epoch,
    current,
    pending: folder.readAll([...corpus.pending]),
    known: [...first.flatMap(({ signatures }) => signatures), ...corpus.known],
    fresh: corpus.fresh,
  };
}
