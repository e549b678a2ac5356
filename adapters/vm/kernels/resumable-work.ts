import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { makeCacheFolder } from '../../../base/cache.ts';

/**
 * Does long work in a folder that nobody else works in. What a killed process left of the same work
 * is taken over, so that `work` must be able to go on where it stopped; when it fails or ends by
 * itself, the folder is removed.
 *
 * @param place path that says what the work is for; the folder lies beside it
 * @throws {@link AllocertError} when the cache cannot be written, and whatever `work` throws
 */
export async function resumableWork<Value>(
  place: string,
  work: (folder: string) => Promise<Value>,
): Promise<Value> {
  makeCacheFolder(dirname(place));
  const folder = workFolder(place, process.pid);
  if (!(await takeOver(place, folder))) await mkdir(folder, { recursive: true });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Names of one host's processes; those of others cannot be looked for. Several hosts of one name
 * may share a cache, so the machine's own number counts as well: machine-id(5).
 */
function realm(): string {
  const names = `${hostname()} ${readlinkSync('/proc/self/ns/pid')} ${machineNumber()}`;
  return createHash('sha256').update(names).digest('hex').slice(0, 8);
}

function machineNumber(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return ''; // Minimal systems have none; their names have to do.
  }
}

/**
 * When a process began, in clock ticks of its kernel; undefined when it has ended, also where
 * nobody has waited for it yet: the first process of a container may never do.
 */
function beganAt(pid: number): string | undefined {
  try {
    // The name of the program, in parentheses, may hold anything.
    const [, after = ''] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return /^[ZX]/.test(after) ? undefined : after.split(' ')[19];
  } catch {
    return undefined; // It ended: that is what was asked.
  }
}

const workFolder = (place: string, pid: number): string =>
  `${place}.work-${realm()}-${pid}-${beganAt(pid)}`;

/** Renames a folder whose worker is gone; of two that want it, one gets it. */
async function takeOver(place: string, mine: string): Promise<boolean> {
  const prefix = `${basename(place)}.work-${realm()}-`;
  for (const name of await readdir(dirname(place))) {
    const [, pid, began] = /^(\d+)-(\d+)$/.exec(name.slice(prefix.length)) ?? [];
    if (!name.startsWith(prefix) || pid === undefined || beganAt(Number(pid)) === began) continue;
    try {
      await rename(join(dirname(place), name), mine);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown;
    }
  }
  return false;
}
