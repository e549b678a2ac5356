import { gzipSync } from 'node:zlib';
import { linuxNumbers } from '../contract/linux-numbers.ts';

/** Something in the first file system that a kernel sees. */
export type InitramfsEntry =
  | { readonly path: string; readonly kind: 'directory' }
  | {
      readonly path: string;
      readonly kind: 'file';
      readonly mode: number;
      readonly data: Uint8Array;
    }
  | {
      readonly path: string;
      readonly kind: 'device';
      readonly major: number;
      readonly minor: number;
    };

const { S_IFCHR, S_IFDIR, S_IFREG } = linuxNumbers;

/**
 * A compressed cpio archive in the "newc" form (Documentation/driver-api/early-userspace), the same
 * bytes for the same entries.
 *
 * @param entries in any order; parents are made where none is given
 */
export function buildInitramfs(entries: readonly InitramfsEntry[]): Uint8Array {
  const all = withParents(entries).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const parts = all.map((entry, index) => record(entry, index + 1));
  parts.push(header({ ino: 0, mode: 0, name: 'TRAILER!!!', size: 0, major: 0, minor: 0 }));
  return gzipSync(Buffer.concat(parts), { level: 6 });
}

function withParents(entries: readonly InitramfsEntry[]): InitramfsEntry[] {
  const known = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const parent = parts.slice(0, depth).join('/');
      if (!known.has(parent)) known.set(parent, { path: parent, kind: 'directory' });
    }
  }
  return [...known.values()];
}

function record(entry: InitramfsEntry, ino: number): Uint8Array {
  const device = entry.kind === 'device' ? entry : { major: 0, minor: 0 };
  const data = entry.kind === 'file' ? entry.data : new Uint8Array(0);
  const head = header({
    ino,
    mode: modeOf(entry),
    name: entry.path,
    size: data.length,
    major: device.major,
    minor: device.minor,
  });
  return Buffer.concat([head, data, padding(data.length)]);
}

function modeOf(entry: InitramfsEntry): number {
  if (entry.kind === 'directory') return S_IFDIR | 0o755;
  return entry.kind === 'device' ? S_IFCHR | 0o600 : S_IFREG | entry.mode;
}

interface Header {
  readonly ino: number;
  readonly mode: number;
  readonly name: string;
  readonly size: number;
  readonly major: number;
  readonly minor: number;
}

function header({ ino, mode, name, size, major, minor }: Header): Uint8Array {
  const nameBytes = Buffer.from(`${name}\0`, 'utf8');
  // ino, mode, uid, gid, nlink, mtime, size, dev, dev, rdev, rdev, name size, check.
  const numbers = [ino, mode, 0, 0, 1, 0, size, 0, 0, major, minor, nameBytes.length, 0];
  const text = `070701${numbers.map((value) => value.toString(16).padStart(8, '0')).join('')}`;
  const head = Buffer.concat([Buffer.from(text, 'ascii'), nameBytes]);
  return Buffer.concat([head, padding(head.length)]);
}

const padding = (length: number): Uint8Array => new Uint8Array((4 - (length % 4)) % 4);
