import { constants } from 'node:os';
import { endProcess, onPassedSignal } from './own-exit.ts';
import { beginLine, complain } from './terminal.ts';

/** The signals by which a user or a CI server stops a command. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** One of them. */
export type StopSignal = (typeof STOP_SIGNALS)[number];

const isStopSignal = (name: NodeJS.Signals): name is StopSignal =>
  STOP_SIGNALS.some((one) => one === name);

/** Hears of a wish to stop. */
type StopListener = (name: StopSignal) => void;

/** Who listens; the last one hears. */
const listeners: StopListener[] = [];
let endListening: (() => void) | undefined;

/**
 * Listens to the signals that stop a command, in place of those who listened before.
 *
 * @returns gives the signals back
 */
export function onStopSignal(listener: StopListener): () => void {
  // Its own entry: the same function may listen twice.
  const entry: StopListener = (name) => listener(name);
  listeners.push(entry);
  endListening ??= listen();
  return () => {
    const index = listeners.indexOf(entry);
    if (index >= 0) listeners.splice(index, 1);
    if (listeners.length > 0) return;
    endListening?.();
    endListening = undefined;
  };
}

/**
 * A terminal sends Ctrl-C to a guardian and to what it guards, which then hears of it twice: each
 * wish to stop comes in one or both of two ways, so the one that brought more of them has brought
 * all.
 */
function listen(): () => void {
  let [direct, passed] = [0, 0];
  const heard = (name: StopSignal): void => listeners.at(-1)?.(name);
  const came = (name: NodeJS.Signals): void => {
    direct += 1;
    if (direct > passed) heard(name as StopSignal);
  };
  for (const name of STOP_SIGNALS) process.on(name, came);
  const endPassed = onPassedSignal((name) => {
    if (!isStopSignal(name)) {
      process.kill(process.pid, name);
      return;
    }
    passed += 1;
    if (passed > direct) heard(name);
  });
  return () => {
    for (const name of STOP_SIGNALS) process.off(name, came);
    endPassed();
  };
}

/**
 * Ends a command that has nothing of its own to say of a signal. What is to be removed at the exit
 * of the process is removed.
 */
export function stopAtOnce(name: StopSignal): void {
  beginLine();
  complain(`interrupted by ${name}; to go on, run the same command again`);
  endProcess(128 + constants.signals[name]);
}
