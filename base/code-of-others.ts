import { machineError, usageError } from './errors.ts';

/**
 * Code of others that runs in this process: adapters, libraries in process, configuration modules.
 * It is announced before it is loaded, and gets a bounded time for each call.
 */

/** The variable with the seconds that code of others gets for one call. */
export const TIME_LIMIT = 'ALLOCERT_TIME_LIMIT';

const SECONDS = 600;
/** The longest time that Node's timers count. */
const SECONDS_MAX = 2_000_000;

let heard: (what: string) => void = () => {};

/** Has code of others announced; what the listener throws keeps it from being loaded. */
export function onCodeOfOthers(listener: (what: string) => void): void {
  heard = listener;
}

/**
 * Says that code of others is about to be loaded into this process.
 *
 * @param what it is, such as `the adapter ./my-adapter.js`
 */
export const announceCode = (what: string): void => heard(what);

/**
 * How long code of others may take for one call, and be silent.
 *
 * @throws {@link AllocertError} (usage) when the variable is set to something else
 */
export function timeLimitSeconds(): number {
  const { [TIME_LIMIT]: text = '' } = process.env;
  if (text === '') return SECONDS;
  const seconds = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= SECONDS_MAX) return seconds;
  throw usageError(
    `${TIME_LIMIT} cannot be "${text}"; give a whole number of seconds from 1 to ${SECONDS_MAX}`,
  );
}

/**
 * Waits for code of others as long as the limit allows. Code that never gives its thread back is
 * not ended by this.
 *
 * @param what has to come back, such as `run of the adapter ./my-adapter.js`
 * @throws {@link AllocertError} (machine) when it does not; what comes of it later counts for
 * nothing
 */
export async function inTime<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  const seconds = timeLimitSeconds();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const sentence = `${what} did not come back in ${seconds} s (${TIME_LIMIT} sets the limit)`;
    // It does not hold the process: where nothing else goes on, the end comes at once.
    timer = setTimeout(() => reject(machineError(sentence)), seconds * 1000).unref();
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
