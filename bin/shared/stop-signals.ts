import { onPassedSignal } from './own-exit.ts';

/** The signals by which a user or a CI server stops a command. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** One of them. */
export type StopSignal = (typeof STOP_SIGNALS)[number];

const isStopSignal = (name: NodeJS.Signals): name is StopSignal =>
  STOP_SIGNALS.some((one) => one === name);

/**
 * Listens to the signals that stop a command. A terminal sends Ctrl-C to a guardian and to what it
 * guards, which then hears of it twice: each wish to stop comes in one or both of two ways, so the
 * one that brought more of them has brought all.
 *
 * @returns gives the signals back
 */
export function onStopSignal(listener: (name: StopSignal) => void): () => void {
  let [direct, passed] = [0, 0];
  const came = (name: NodeJS.Signals): void => {
    direct += 1;
    if (direct > passed) listener(name as StopSignal);
  };
  for (const name of STOP_SIGNALS) process.on(name, came);
  const endPassed = onPassedSignal((name) => {
    if (!isStopSignal(name)) {
      process.kill(process.pid, name);
      return;
    }
    passed += 1;
    if (passed > direct) listener(name);
  });
  return () => {
    for (const name of STOP_SIGNALS) process.off(name, came);
    endPassed();
  };
}
