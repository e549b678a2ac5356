import {
  type ChildProcess,
  type SpawnSyncReturns,
  type StdioOptions,
  spawn,
  spawnSync,
} from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/package-root.ts';

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

/**
 * Words that run a program as a user does: without what tap puts into the NODE_OPTIONS of every
 * child, which looks into each module and takes three times as long as the command itself. Tap
 * puts it back into any environment that is given to a child, hence `env`.
 */
const AS_USER = ['/usr/bin/env', '-u', 'NODE_OPTIONS'] as const;

/** Runs any program to its end, as a user would. */
export function asUser(
  words: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): SpawnSyncReturns<string> {
  const [command, ...rest] = [...AS_USER, ...words];
  return spawnSync(command, rest, { ...options, encoding: 'utf8' });
}

/** Starts the built command line as a user would. */
export function start(
  args: readonly string[],
  stdio: StdioOptions = 'ignore',
  options: CommandOptions = {},
): ChildProcess {
  const program = options.program ?? join(packageRoot(), 'dist', 'bin', 'allocert.js');
  const [command, ...words] = [...AS_USER, process.execPath, program, ...args];
  const child = spawn(command, words, {
    stdio,
    detached: options.ownGroup === true,
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  options.onStart?.(child);
  return child;
}

/** Runs the built command line to its end. */
export function allocert(args: readonly string[], options: CommandOptions = {}): Promise<Ran> {
  const child = start(args, ['ignore', 'pipe', 'pipe'], options);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
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
