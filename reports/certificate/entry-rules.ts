import type { Bag } from './bag.ts';
import { isPackagePath } from './package-files.ts';
import { type PackageRefusal, refusedPackage } from './refusal.ts';
import type { RawHeader } from './ustar.ts';

/** Limits of a package, so that no archive fills a disk. */
export interface PackageLimits {
  readonly entries: number;
  /** Of one file. */
  readonly fileBytes: number;
  /** Of all files together. */
  readonly totalBytes: number;
  /** How many times larger than the archive the files may be… */
  readonly ratio: number;
  /** …once they are larger than this. */
  readonly ratioFreeBytes: number;
}

/** Letters that a path may have: no system reads them as anything else. */
const PATH = /^[A-Za-z0-9._/-]+$/;

const KINDS: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '5': 'a folder',
  '6': 'a FIFO',
  x: 'an extended header',
  g: 'an extended header',
  L: 'a long name',
  K: 'a long name',
  S: 'a sparse file',
};

const REASONS: Readonly<Record<string, string>> = {
  '1': 'link',
  '2': 'link',
  '3': 'device',
  '4': 'device',
  '6': 'device',
};

/** What the entries of a package keep to, in the order in which they come. */
export class EntryRules {
  readonly #limits: PackageLimits;
  readonly #archiveBytes: number;
  readonly #seen = new Set<string>();
  readonly #folded = new Set<string>();
  #top: string | undefined;
  #epoch: number | undefined;
  #last = '';
  #total = 0;

  /** @param archiveBytes of the compressed file */
  constructor(limits: PackageLimits, archiveBytes: number) {
    this.#limits = limits;
    this.#archiveBytes = archiveBytes;
  }

  /**
   * Says whether the content of an entry may be read.
   *
   * @returns its path inside of the top folder
   * @throws {@link PackageRefusal} when it may not
   */
  admit({ name, size, epoch, kind }: RawHeader): string {
    if (kind !== '0') throw otherKind(name, kind);
    this.#count(name, size);
    const path = this.#pathOf(name);
    if (this.#seen.has(path))
      throw refusedPackage('path-duplicate', `${path} is in the archive twice`);
    const folded = path.toLowerCase();
    if (this.#folded.has(folded)) {
      throw refusedPackage('path-case', `${path} differs from another file by upper case alone`);
    }
    if (!isPackagePath(path)) {
      throw refusedPackage('extra-file', `${path} is not a file that packages have`);
    }
    this.#seen.add(path);
    this.#folded.add(folded);
    if (path < this.#last) throw refusedPackage('order', `${path} is out of order`);
    this.#last = path;
    this.#epoch ??= epoch;
    if (epoch !== this.#epoch)
      throw refusedPackage('time', `${path} has another time than other files`);
    return path;
  }

  /** Holds name and time of the archive against its head. @throws {@link PackageRefusal} */
  checkHead({ name, head }: Bag): void {
    if (this.#top !== name) {
      throw refusedPackage(
        'top-folder',
        `the top folder is ${this.#top}, and its product makes it ${name}`,
      );
    }
    if (this.#epoch !== head.epoch) {
      throw refusedPackage(
        'time',
        `the files are of second ${this.#epoch}, the head says ${head.epoch}`,
      );
    }
  }

  #count(name: string, size: number): void {
    const { entries, fileBytes, totalBytes, ratio, ratioFreeBytes } = this.#limits;
    if (this.#seen.size >= entries) {
      throw tooMuch('too-many-entries', `the archive has more than ${entries} entries`);
    }
    if (size > fileBytes) {
      throw tooMuch('too-large', `${JSON.stringify(name)} is larger than ${fileBytes} bytes`);
    }
    this.#total += size;
    if (this.#total > totalBytes) {
      throw tooMuch('too-large', `the files have more than ${totalBytes} bytes together`);
    }
    if (this.#total > ratioFreeBytes && this.#total > ratio * this.#archiveBytes) {
      throw tooMuch('ratio', `the files are more than ${ratio} times as large as the archive`);
    }
  }

  #pathOf(name: string): string {
    const shown = JSON.stringify(name);
    if (name.startsWith('/')) throw refusedPackage('path-absolute', `${shown} is an absolute path`);
    const parts = name.split('/');
    if (parts.includes('..'))
      throw refusedPackage('path-outside', `${shown} leads out of the package`);
    if (!PATH.test(name) || parts.some((part) => part === '' || part === '.')) {
      throw refusedPackage('path-characters', `${shown} is not a path that packages have`);
    }
    const [top = '', ...rest] = parts;
    this.#top ??= top;
    if (top !== this.#top || rest.length === 0) {
      throw refusedPackage('top-folder', `${shown} is not in the one top folder, ${this.#top}`);
    }
    return rest.join('/');
  }
}

function otherKind(name: string, kind: string): PackageRefusal {
  const what = KINDS[kind] ?? 'an entry of an unknown kind';
  return refusedPackage(
    REASONS[kind] ?? 'entry-kind',
    `${JSON.stringify(name)} is ${what}, and packages hold regular files alone`,
  );
}

const tooMuch = (reason: string, sentence: string): PackageRefusal =>
  refusedPackage(reason, sentence, 'it is not unpacked; ask where it came from');
