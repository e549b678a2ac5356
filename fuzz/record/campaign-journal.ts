import {
  appendFileSync,
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { toJson, usageError } from '../../adapters/contract/index.ts';
import { wholeLines } from '../../base/lines.ts';
import { redact } from '../../base/redact.ts';
import { prepareDirectory, withDirectoryErrors } from '../../reports/files/directory.ts';
import { openToAppend, putFile, removeTemporary } from '../../reports/files/new-file.ts';
import {
  CAMPAIGN_FILE,
  type CampaignHeader,
  type CampaignLine,
} from '../../reports/journal/campaign-lines.ts';
import { cutText } from '../../reports/journal/cut-text.ts';
import type { Epoch, KeptEntry } from '../corpus/corpus.ts';
import type { RoundDone } from '../judge/round-report.ts';
import type { Finding } from './finding.ts';
import { Sampler } from './samples.ts';

/** Milliseconds of rounds that a killed campaign may have to run again. */
const FLUSH_MS = 200;

/** Appends what a campaign does. A finding is on the disk before the round that found it. */
export class CampaignJournal {
  readonly #directory: string;
  readonly #descriptor: number;
  #isBegun = false;
  #waiting: string[] = [];
  #flushed = performance.now();
  readonly #sampler = new Sampler();

  /**
   * @param resume whether the campaign in the directory goes on; a new one needs a place of its own
   * @throws {@link AllocertError} (usage) when the directory cannot be written, or holds other
   *   files
   */
  constructor(directory: string, resume: boolean) {
    this.#directory = directory;
    if (!resume) prepareDirectory(directory, CAMPAIGN_FILE);
    const file = join(directory, CAMPAIGN_FILE);
    this.#descriptor = withDirectoryErrors(directory, () => openToAppend(file));
    if (resume || this.#wholeBytes() === 0) return;
    closeSync(this.#descriptor);
    throw usageError(
      `${directory} holds a campaign already; go on with it by --resume, ` +
        'or name another directory with --out',
    );
  }

  /** Whether the target has been reached, so that the campaign has begun or goes on. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /** Whether its folder, or the journal in it, has been deleted or moved away since. */
  get isLost(): boolean {
    return withDirectoryErrors(this.#directory, () => {
      const there = statOrNone(join(this.#directory, CAMPAIGN_FILE));
      const { dev, ino } = fstatSync(this.#descriptor);
      return there === undefined || there.ino !== ino || there.dev !== dev;
    });
  }

  start(line: CampaignHeader): void {
    this.#cutOff();
    this.#write(line);
    this.flush();
    this.#sampler.begin();
  }

  /** The target of a campaign that goes on has been reached; nothing was changed before. */
  resume(): void {
    withDirectoryErrors(this.#directory, () => removeTemporary(this.#directory));
    this.#cutOff();
    this.#sampler.begin();
  }

  /** A line that a kill cut short is cut off; without a whole one, the campaign had not begun. */
  #cutOff(): void {
    this.#isBegun = true;
    const length = this.#wholeBytes();
    withDirectoryErrors(this.#directory, () => ftruncateSync(this.#descriptor, length));
  }

  #wholeBytes(): number {
    return withDirectoryErrors(this.#directory, () => wholeLines(this.#descriptor));
  }

  /**
   * Written a little later, many at a time.
   *
   * @param peakBytes the most that buffers surely had together in it
   */
  round(round: RoundDone, peakBytes: bigint): void {
    this.#write({ type: 'round', ...round });
    this.#sampler.add(round, peakBytes);
    if (performance.now() - this.#flushed < FLUSH_MS) return;
    if (this.#sampler.due()) this.#sample();
    this.flush();
  }

  /** A part of the campaign is over. @param reason why before its budget was spent, else empty */
  end(reason: string): void {
    this.#sample();
    this.#write({ type: 'end', reason: cutText(reason, redact) });
    this.flush();
  }

  /** A round that kills its worker; seed, version and its number bring it back. */
  suspect(round: number, why: string): void {
    this.#write({ type: 'suspect', round, why: cutText(why, redact) });
    this.flush();
  }

  /** An entry that is in the corpus folder by now, before the round that brought it is done. */
  entry(round: number, { entry, fresh }: KeptEntry): void {
    this.#write({ type: 'entry', round, digest: entry.digest, fresh });
  }

  /** From here on rounds see another snapshot. */
  epoch({ digest, evicted, number }: Epoch): void {
    this.#write({ type: 'epoch', number, digest, evicted });
    this.flush();
  }

  /**
   * Writes a finding's own file, and its C program beside it.
   *
   * @param name of the file, by `findingFile`
   * @param program text of the file that the finding names as its reproducer
   */
  finding(finding: Finding, name: string, program: string | undefined): void {
    if (finding.reproducer !== undefined) this.#file(finding.reproducer, program ?? '');
    this.#file(name, `${JSON.stringify(toJson(finding), undefined, 1)}\n`);
    const { faces, signature } = finding;
    this.#write({ type: 'finding', signature, file: name, ...(faces && { faces }) });
    this.flush();
  }

  /** A file that is there as a whole or not at all. */
  #file(name: string, text: string): void {
    const file = join(this.#directory, name);
    withDirectoryErrors(this.#directory, () => putFile(file, text));
  }

  flush(): void {
    this.#flushed = performance.now();
    const text = this.#waiting.join('');
    if (text === '') return;
    this.#waiting = [];
    withDirectoryErrors(this.#directory, () => {
      // Not writeSync: on a disk that is almost full it may take a part and say nothing.
      appendFileSync(this.#descriptor, text);
      fsyncSync(this.#descriptor);
    });
  }

  close(): void {
    this.#sample();
    this.flush();
    closeSync(this.#descriptor);
  }

  #sample(): void {
    const sample = this.#sampler.take();
    if (sample !== undefined) this.#write(sample);
  }

  #write(line: CampaignLine): void {
    this.#waiting.push(`${JSON.stringify(line)}\n`);
  }
}

/** What a path leads to; undefined where nothing is, or where a part of it is a file. */
function statOrNone(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw thrown;
  }
}
