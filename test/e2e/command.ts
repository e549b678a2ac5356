import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../adapters/contract/package-root.ts';

/** What a command line came to. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run; `env` is added to this process's. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Another build than this package's own. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it leads a process group, as a command in a terminal does. */
  readonly ownGroup?: boolean;
  /** Sees the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs the built command line as a user would. */
export function allocert(args: readonly string[], options: CommandOptions = {}): Promise<Ran> {
  const program = options.program ?? join(packageRoot(), 'dist', 'bin', 'allocert.js');
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.ownGroup === true,
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  options.onStart?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Process ids of the guests that a process runs: QEMU that says what it is boots nothing. */
export const guestsOf = (parent: number): number[] =>
  childrenNamed(parent, 'qemu-system-x86_64').filter((pid) => commandLine(pid).includes('-kernel'));

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // It ended meanwhile.
  }
}

function childrenNamed(parent: number, name: string): number[] {
  const numbers = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return numbers.map(Number).filter((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const after = status.slice(status.lastIndexOf(')') + 2).split(' ');
      return Number(after[1]) === parent && status.includes(`(${name.slice(0, 15)})`);
    } catch {
      return false; // It ended between the listing and the reading.
    }
  });
}
