import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { TROUBLE, VERDICT_DESCRIPTOR } from './own-exit.ts';
import { complain } from './terminal.ts';

/** In these targets C code of others runs in the process itself, where it can end it unseen. */
const IN_PROCESS = 'mode=in-process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The descriptor of the child at which its verdict arrives. */
const DESCRIPTOR = 3;

/**
 * Whether a command has to run in a process of its own, whose end this one judges.
 *
 * @param given arguments and settings, whatever their shape
 */
export const needsGuardian = (given: unknown): boolean =>
  process.env[VERDICT_DESCRIPTOR] === undefined && JSON.stringify(given).includes(IN_PROCESS);

/**
 * Runs this same command line in a child and says what it came to. The child's exit code counts only
 * where the child has written it as its verdict: `_exit(0)` in a library is none.
 *
 * @returns the exit code
 */
export async function guarded(): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, [VERDICT_DESCRIPTOR]: String(DESCRIPTOR) },
    // A terminal's Ctrl-C reaches this process alone, and from here the child, once.
    detached: true,
  });
  const forward = (name: NodeJS.Signals): void => void child.kill(name);
  for (const name of SIGNALS) process.on(name, forward);
  let written = '';
  (child.stdio[DESCRIPTOR] as Readable).setEncoding('utf8').on('data', (text: string) => {
    written += text;
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
    (resolve, reject) => {
      child.once('error', reject).once('exit', (...end) => resolve(end));
    },
  );
  for (const name of SIGNALS) process.off(name, forward);
  if (code !== null && written === `${code}\n`) return code;
  if (signal === 'SIGINT' || signal === 'SIGTERM') return 128 + constants.signals[signal];
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  complain(
    `the process ended ${how} and without a verdict: code of the target runs in it, and ended it; ` +
      'allocert report shows what was observed before, and mode=contained survives that',
  );
  return TROUBLE;
}
