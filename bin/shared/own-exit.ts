import { writeSync } from 'node:fs';
import { Socket } from 'node:net';

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

/** The variable that names the descriptor at which a guardian listens; guardian.ts. */
export const GUARDIAN_DESCRIPTOR = 'ALLOCERT_GUARDIAN_DESCRIPTOR';
const descriptor = process.env[GUARDIAN_DESCRIPTOR];
// It is this process's own, and none of the processes' that an adapter starts.
delete process.env[GUARDIAN_DESCRIPTOR];

/** What a guardian is told, a line each; the rest of a line that loads code says which. */
export const TOLD = { alive: 'alive', loads: 'loads ', verdict: 'verdict ' } as const;

/** Milliseconds between two signs of life. */
export const LIFE_MS = 1000;

/** Whether another process judges how this one ends. */
export const isGuarded = (): boolean => descriptor !== undefined;

/** Tells the guardian of code of others that is about to run in this process. */
export function tellOfCode(what: string): void {
  tell(`${TOLD.loads}${what.replaceAll('\n', ' ')}`);
}

function tell(line: string): void {
  if (descriptor !== undefined) writeSync(Number(descriptor), `${line}\n`);
}

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
    if (first) tell(`${TOLD.verdict}${decided}`);
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
  if (descriptor !== undefined) showLife(Number(descriptor));
}

/** Ends this process by a signal, as it would end without a guardian. */
const endBy = (name: NodeJS.Signals): void => void process.kill(process.pid, name);

let passOn = endBy;

/**
 * Has the signals that the guardian was sent handed to a listener. Without one they end the
 * process.
 *
 * @returns ends that
 */
export function onPassedSignal(listener: (name: NodeJS.Signals) => void): () => void {
  passOn = listener;
  return () => {
    passOn = endBy;
  };
}

/** Without its guardian nobody hears of the verdict, and whoever killed it meant this process. */
function showLife(number: number): void {
  const gone = (): void => void process.kill(process.pid, 'SIGKILL');
  const guardian = new Socket({ fd: number, readable: true, writable: true });
  guardian.on('error', gone).on('close', gone).unref();
  guardian.setEncoding('utf8').on('data', (text: string) => {
    for (const name of text.trim().split('\n')) passOn(name as NodeJS.Signals);
  });
  const timer = setInterval(() => guardian.write(`${TOLD.alive}\n`), LIFE_MS);
  timer.unref();
}
