import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readWhole } from '../../base/read-whole.ts';
import { buildInitramfs, type InitramfsEntry } from './initramfs.ts';
import type { VmModule } from './modules/own-modules.ts';

/** Bytes of the largest module; all of them lie in the guest's memory, with the file system. */
const MODULE_BYTES = 512 << 20;

/** A program that a guest runs instead of serving. */
export interface GuestProgram {
  /** A static program of the guest's architecture. */
  readonly path: string;
  /** Without white space at their ends, and without line ends. */
  readonly args: readonly string[];
}

/**
 * The first file system of a guest: the agent as its init, modules, and perhaps a program that the
 * init runs in the agent's place.
 */
export async function bootFiles(
  agent: string,
  modules: readonly VmModule[],
  program?: GuestProgram,
): Promise<Uint8Array> {
  const lines = modules.map(({ path, parameters }) =>
    [`/modules/${basename(path)}`, ...parameters].join(' '),
  );
  const entries: InitramfsEntry[] = [
    ...['dev', 'proc', 'sys', 'tmp'].map((path) => ({ path, kind: 'directory' }) as const),
    { path: 'dev/console', kind: 'device', major: 5, minor: 1 },
    { path: 'dev/null', kind: 'device', major: 1, minor: 3 },
    { path: 'init', kind: 'file', mode: 0o755, data: await readFile(agent) },
    text('modules.list', lines),
  ];
  for (const { path } of modules) {
    const data = readWhole(path, MODULE_BYTES);
    entries.push({ path: `modules/${basename(path)}`, kind: 'file', mode: 0o644, data });
  }
  if (program !== undefined) {
    const data = await readFile(program.path);
    entries.push({ path: 'run/program', kind: 'file', mode: 0o755, data });
    entries.push(text('run/arguments', program.args));
  }
  return buildInitramfs(entries);
}

const text = (path: string, lines: readonly string[]): InitramfsEntry => ({
  path,
  kind: 'file',
  mode: 0o644,
  data: Buffer.from(`${lines.join('\n')}\n`),
});
