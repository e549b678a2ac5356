import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { machineError } from '../../base/errors.ts';
import { makeDirectory } from '../../base/make-directory.ts';
import { withDirectoryErrors } from './directory.ts';
import { LOCK_FILE } from './lock-name.ts';

/** Who writes to a folder. */
export interface LockHolder {
  readonly process: number;
  /** When the process began, in the clock ticks of its kernel; empty where that cannot be told. */
  readonly began: string;
  readonly host: string;
  /** The kernel and the process numbers of that host; processes of others cannot be looked for. */
  readonly realm: string;
  /** Since when, in ISO 8601. */
  readonly since: string;
  readonly command: string;
  /** Makes two locks of one process different. */
  readonly token: string;
}

/** Milliseconds between two signs of life, and after how many without one a holder is gone. */
const BEAT_MS = 5000;
const GONE_MS = 120_000;

const TEXTS = ['began', 'host', 'realm', 'since', 'command', 'token'] as const;
const LENGTH_MAX = 4096;
const TOKEN = /^[0-9a-f]{16}$/;

/**
 * The right to write to a folder, which one process has at a time. It is a file that names its
 * holder. What a killed process left is taken over by the next one, without a person's help.
 */
export class FolderLock {
  readonly #file: string;
  readonly #me: LockHolder;
  readonly #made: readonly string[];
  readonly #beat: NodeJS.Timeout;

  /**
   * Takes the lock. A folder that is missing is made, and removed by `release` if it is still empty.
   *
   * @param command what wants to write, for the sentence that others get
   * @throws {@link AllocertError} (machine) naming the holder, or (usage) for an impossible folder
   */
  constructor(directory: string, command: string) {
    this.#file = join(directory, LOCK_FILE);
    this.#me = ownHolder(command);
    this.#made = withDirectoryErrors(directory, () => missingFolders(resolve(directory)));
    withDirectoryErrors(directory, () => {
      makeDirectory(resolve(directory));
      acquire(this.#file, this.#me, directory);
    });
    this.#beat = setInterval(() => this.#showLife(), BEAT_MS).unref();
  }

  /** Gives the folder back; safe to call twice. */
  release(): void {
    clearInterval(this.#beat);
    try {
      if (readHolder(this.#file)?.holder?.token === this.#me.token) rmSync(this.#file);
      for (const path of this.#made) rmdirSync(path);
    } catch (thrown) {
      // The folder is gone, or holds a report by now.
      const { code = '' } = thrown as NodeJS.ErrnoException;
      if (!['ENOENT', 'ENOTEMPTY', 'ENOTDIR', 'EROFS', 'EACCES', 'EPERM'].includes(code))
        throw thrown;
    }
  }

  /** Processes elsewhere, which cannot look for this one, see that it lives. */
  #showLife(): void {
    try {
      const now = new Date();
      utimesSync(this.#file, now, now);
    } catch {
      // The folder is gone: who holds it now has its own lock.
      clearInterval(this.#beat);
    }
  }
}

/** Does something while holding folders. */
export async function whileHolding<T>(
  directories: readonly string[],
  command: string,
  work: () => T | Promise<T>,
): Promise<T> {
  const locks: FolderLock[] = [];
  try {
    const wanted = new Map(directories.map((one) => [resolve(one), one]));
    for (const one of wanted.values()) locks.push(new FolderLock(one, command));
    return await work();
  } finally {
    for (const lock of locks.reverse()) lock.release();
  }
}

/**
 * Takes a lock, also from a holder that is gone. Of several that find the same one gone, one wins
 * the file named after that holder, and puts it in the place of the old lock. Whoever comes too
 * late for that sees another holder than the one it found.
 */
function acquire(file: string, me: LockHolder, directory: string): void {
  for (;;) {
    if (created(file, me)) return;
    const found = readHolder(file);
    if (found === undefined) continue;
    if (isAlive(found)) throw refusal(found.holder, directory);
    const next = `${file}.${found.holder?.token ?? found.id}`;
    acquire(next, me, directory);
    const now = readHolder(file);
    const same =
      now !== undefined && now.id === found.id && now.holder?.token === found.holder?.token;
    if (same) {
      renameSync(next, file);
      return;
    }
    rmSync(next, { force: true });
  }
}

/** Whether the file was made; it is whole at once, and no link is followed. */
function created(file: string, me: LockHolder): boolean {
  const own = `${file}.${me.token}.new`;
  writeFileSync(own, `${JSON.stringify(me)}\n`, { flag: 'wx' });
  try {
    linkSync(own, file);
    return true;
  } catch (thrown) {
    const { code = '' } = thrown as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw thrown;
    return createdWithoutLinks(file, me);
  } finally {
    rmSync(own, { force: true });
  }
}

/** On file systems that have no hard links. */
function createdWithoutLinks(file: string, me: LockHolder): boolean {
  try {
    writeFileSync(file, `${JSON.stringify(me)}\n`, { flag: 'wx' });
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

interface Found {
  /** Undefined for what no allocert wrote, or did not write to its end. */
  readonly holder: LockHolder | undefined;
  /** Milliseconds since its last sign of life. */
  readonly silentMs: number;
  /** Which file it is. */
  readonly id: string;
}

/** Undefined when there is no lock any more. */
function readHolder(file: string): Found | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
  try {
    const { ino, mtimeMs } = fstatSync(descriptor, { bigint: true });
    const bytes = Buffer.alloc(LENGTH_MAX);
    const text = bytes.subarray(0, readSync(descriptor, bytes, 0, LENGTH_MAX, 0)).toString('utf8');
    return { holder: holderIn(text), silentMs: Date.now() - Number(mtimeMs), id: String(ino) };
  } finally {
    closeSync(descriptor);
  }
}

function holderIn(text: string): LockHolder | undefined {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    if (value === null || !Number.isInteger(value.process)) return undefined;
    if (TEXTS.some((name) => typeof value[name] !== 'string')) return undefined;
    const holder = value as unknown as LockHolder;
    return TOKEN.test(holder.token) ? holder : undefined;
  } catch {
    return undefined; // Cut off by a kill, or not ours: its age decides.
  }
}

function isAlive({ holder, silentMs }: Found): boolean {
  if (holder === undefined || holder.realm !== ownRealm()) return Math.abs(silentMs) < GONE_MS;
  try {
    process.kill(holder.process, 0);
  } catch (thrown) {
    // EPERM: it is another user's.
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const began = beginOf(holder.process);
  return began === '' || holder.began === '' || began === holder.began;
}

function refusal(holder: LockHolder | undefined, directory: string): Error {
  if (holder === undefined) {
    return machineError(
      `something other than a lock of allocert is in the way of ${LOCK_FILE} in ${directory}; ` +
        `it counts for ${GONE_MS / 1000} s after its last change`,
    );
  }
  const { process: pid, host, since, command } = holder;
  return machineError(
    `${directory} is being written to by allocert ${command}, process ${pid} on ${host} since ` +
      `${since}; wait for its end, or name another directory`,
  );
}

function ownHolder(command: string): LockHolder {
  return {
    process: process.pid,
    began: beginOf(process.pid),
    host: hostname(),
    realm: ownRealm(),
    since: new Date().toISOString(),
    command,
    token: randomBytes(8).toString('hex'),
  };
}

/** When a process began; empty where that cannot be told. proc(5): field 22 of stat. */
function beginOf(pid: number): string {
  const text = quietly(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const [state, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // A dead process that nobody has waited for has no beginning any more.
  if (state === 'Z' || state === 'X') return 'ended';
  return rest[18] ?? '';
}

/** A process number means the same where the host, its kernel and the namespace are the same. */
const ownRealm = (): string =>
  [
    hostname(),
    quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    quietly(() => readlinkSync('/proc/self/ns/pid')),
  ].join(' ');

/** What a system that has no /proc does not say is empty. */
function quietly(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/** The folders of a path that are not there, the innermost first. */
function missingFolders(path: string): string[] {
  const missing: string[] = [];
  for (let one = path; ; one = dirname(one)) {
    try {
      readdirSync(one);
      return missing;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT' || one === dirname(one))
        return missing;
      missing.push(one);
    }
  }
}
