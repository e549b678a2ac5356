import { writeSync } from 'node:fs';

/**
 * The exit code of this process. It is 3 from the first moment, and only a verdict that allocert
 * itself has written changes it: adapters, libraries and configuration modules run in this process,
 * and what they say to `process` is no verdict. This module imports nothing of allocert's, so that it
 * can be the first that runs.
 */

/** Exit code of trouble that says nothing about a target. */
export const TROUBLE = 3;

type Exit = (code?: number | string | null) => never;
const ends = process as unknown as { reallyExit: Exit };

const exit: Exit = process.exit.bind(process);
const reallyExit: Exit = ends.reallyExit.bind(process);

/** The code that this process ends with; undefined while nothing has decided to end it. */
let decided: number | undefined;

let verdict: number | undefined;

/** The variable that names the descriptor at which a guardian reads the verdict; guardian.ts. */
export const VERDICT_DESCRIPTOR = 'ALLOCERT_VERDICT_DESCRIPTOR';
const descriptor = process.env[VERDICT_DESCRIPTOR];

/** Milliseconds between two looks whether the guardian is still there. */
const LOOK_MS = 1000;

/** Takes the verdict of a command, once everything about it has been written. */
export function conclude(code: number): void {
  verdict = code;
}

/** The verdict of the command; undefined while it has none. */
export const concluded = (): number | undefined => verdict;

/** Ends this process. The first code that is given stays, whatever listeners of others do. */
export function endProcess(code: number): never {
  const first = decided === undefined;
  decided ??= code;
  try {
    if (first && descriptor !== undefined) writeSync(Number(descriptor), `${decided}\n`);
    return exit(decided);
  } finally {
    // A listener for the exit threw.
    reallyExit(decided);
  }
}

/** What others get who would end this process: an error that their own caller hears of. */
function refuse(name: string): Exit {
  return (code) => {
    if (decided !== undefined) reallyExit(decided);
    throw new Error(
      `it called process.${name}(${code ?? ''}), and code inside of allocert may not end allocert`,
    );
  };
}

/**
 * Takes the ways out of the process away from everybody else.
 *
 * @param onIdle hears that nothing is left that could go on although there is no verdict yet, since
 *   something waits for a promise that never settles
 */
export function guardExit(onIdle: () => void): void {
  process.exitCode = TROUBLE;
  process.exit = refuse('exit');
  ends.reallyExit = (code) =>
    decided === undefined ? refuse('reallyExit')(code) : reallyExit(decided);
  if ('execve' in process) Object.assign(process, { execve: refuse('execve') });
  process.on('exit', () => {
    process.exitCode = decided ?? TROUBLE;
  });
  process.on('beforeExit', onIdle);
  if (descriptor === undefined) return;
  const guardian = process.ppid;
  setInterval(() => {
    // Nobody would hear of the verdict any more.
    if (process.ppid !== guardian) process.kill(process.pid, 'SIGTERM');
  }, LOOK_MS).unref();
}
