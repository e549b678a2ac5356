import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { onCodeOfOthers, TIME_LIMIT, timeLimitSeconds } from '../../base/code-of-others.ts';
import { GUARDIAN_DESCRIPTOR, isGuarded, LIFE_MS, TOLD, TROUBLE, tellOfCode } from './own-exit.ts';
import { onStopSignal } from './stop-signals.ts';
import { complain } from './terminal.ts';

/** Signals that are passed on, and by which a process may end. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The descriptor of the child at which it tells what it does. */
const DESCRIPTOR = 3;

/** Seconds that a child may be silent for once it was asked to end. */
const HURRY_SECONDS = 60;

/** Milliseconds in which the last words of a child that has ended arrive. */
const LAST_WORDS_MS = 1000;

/** Thrown in place of loading code of others into a process whose end nobody judges. */
export class GuardianNeeded extends Error {}

/**
 * From here on code of others is loaded only into a process whose end another one judges: C code
 * can end its process, and code that never gives its thread back leaves nobody in it who could.
 */
export function requireGuardian(): void {
  onCodeOfOthers((what) => {
    timeLimitSeconds();
    if (!isGuarded()) throw new GuardianNeeded(what);
    tellOfCode(what);
  });
}

/** Words that name a module of others, or a library in process, at first sight. */
const AT_SIGHT = /(?:^|=)\.{0,2}\/.*\.[cm]?[jt]s(?:\?|$)|mode=in-process/;

/**
 * Runs a command line in a child at once where its words say that it will be needed, which saves to
 * load all of allocert twice. What they do not say is noticed before the code is loaded.
 *
 * @returns the exit code; undefined when nothing was run
 */
export async function guardedAtSight(argv: readonly string[]): Promise<number | undefined> {
  if (isGuarded() || !argv.some((word) => AT_SIGHT.test(word))) return undefined;
  try {
    timeLimitSeconds();
  } catch {
    return undefined; // The command says so itself.
  }
  return guarded();
}

/**
 * Runs this same command line in a child and says what it came to. The child's exit code counts
 * only where the child has told it as its verdict: `_exit(0)` in a library is none.
 *
 * @returns the exit code
 */
export async function guarded(): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, [GUARDIAN_DESCRIPTOR]: String(DESCRIPTOR) },
  });
  const line = child.stdio[DESCRIPTOR] as Duplex;
  const told = new Told(line);
  const watch = new LifeWatch(child, told);
  // Told and not sent: a terminal sends its own signals to both, and they are one wish to stop.
  const pass = (name: NodeJS.Signals): void => {
    line.write(`${name}\n`);
    watch.hurry();
  };
  for (const name of SIGNALS) process.on(name, pass);
  // The child ends as it should, and this process after it.
  const endStop = onStopSignal(() => {});
  try {
    const [code, signal] = await endOf(child);
    await told.end();
    return judged(told, watch.killed, code, signal);
  } finally {
    watch.stop();
    for (const name of SIGNALS) process.off(name, pass);
    endStop();
  }
}

type End = readonly [code: number | null, signal: NodeJS.Signals | null];

const endOf = (child: ChildProcess): Promise<End> =>
  new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (...end) => resolve(end));
  });

function judged(told: Told, silentSeconds: number, ...[code, signal]: End): number {
  if (code !== null && told.verdict === String(code)) return code;
  const passed = SIGNALS.find((name) => name === signal);
  if (passed !== undefined) return 128 + constants.signals[passed];
  const ended = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  const wasKilled = silentSeconds > 0;
  complain(
    `the process ${wasKilled ? `was silent for ${silentSeconds} s, and was killed` : ended} ` +
      `without a verdict; in it ran ${[...told.code].join(' and ')}; ` +
      `allocert report shows what a run observed before${wasKilled ? ` (${TIME_LIMIT} sets the limit)` : ''}`,
  );
  return TROUBLE;
}

/** Kills a child that gives no sign of life. Who is stopped with all the group does not look. */
class LifeWatch {
  /** After how many seconds of silence the child was killed; 0 when it was not. */
  killed = 0;
  readonly #timer: NodeJS.Timeout;
  #limit = timeLimitSeconds();

  constructor(child: ChildProcess, told: Told) {
    // Counted in looks of this process, for a machine that sleeps is silent, too.
    let looks = 0;
    let before = 0;
    this.#timer = setInterval(() => {
      looks = told.lines === before ? looks + 1 : 0;
      before = told.lines;
      if (looks * LIFE_MS < this.#limit * 1000) return;
      this.killed = this.#limit;
      child.kill('SIGKILL');
    }, LIFE_MS);
  }

  /** From now on silence is borne for a shorter time. */
  hurry(): void {
    this.#limit = Math.min(this.#limit, HURRY_SECONDS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** What a child has told. */
class Told {
  readonly code = new Set<string>();
  verdict: string | undefined;
  lines = 0;
  readonly #ended: Promise<void>;
  #rest = '';

  constructor(stream: Readable) {
    stream.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.#ended = new Promise((resolve) => {
      stream.once('close', resolve).on('error', () => resolve());
    });
  }

  /** Waits for the end, though not for long: what a child left behind may hold its descriptor. */
  async end(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_WORDS_MS);
    });
    await Promise.race([this.#ended, late]);
    clearTimeout(timer);
  }

  #take(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop() ?? '';
    this.lines += lines.length;
    for (const line of lines) {
      if (line.startsWith(TOLD.loads)) this.code.add(line.slice(TOLD.loads.length));
      if (line.startsWith(TOLD.verdict)) this.verdict ??= line.slice(TOLD.verdict.length);
    }
  }
}
