import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../../base/errors.ts';
import { Interrupt, type Step } from './interrupt.ts';
import { TROUBLE } from './own-exit.ts';
import { complain } from './terminal.ts';

/** Ends what a command does; `expired` resolves when it must be left behind. */
export type Stop = Pick<Interrupt, 'signal' | 'expired'>;

/** A command that a user or a CI server may stop. */
export interface Interruptible {
  /** What is ended before it stops, such as a case. */
  readonly step: Step;
  /** Says where the result is and how to go on, as the end of a sentence. */
  goOn(): string;
  /** Does the work, and gives the exit code. */
  work(stop: Stop): Promise<number>;
}

/**
 * Carries out a command that may be interrupted. The first signal asks for an end after the current
 * step; a second one, or a step that does not end in time, leaves the work behind. Either way the
 * last line says how to go on.
 *
 * @returns the exit code: 130 after SIGINT, 143 after SIGTERM, else that of the work
 * @throws whatever the work throws, unless a signal stopped it
 */
export async function interruptible({ goOn, step, work }: Interruptible): Promise<number> {
  const interrupt = new Interrupt(step);
  const { expired, signal } = interrupt;
  try {
    // Work that hears of it, too, may still write what it has.
    const left = expired.then(() => setImmediate(undefined));
    const code = await Promise.race([work(interrupt), left]).catch((thrown: unknown) => {
      if (interrupt.received === undefined) throw thrown;
      if (thrown !== signal.reason) complain(messageOf(thrown));
      return undefined;
    });
    const { received } = interrupt;
    if (received === undefined) return code ?? TROUBLE;
    complain(`interrupted by ${received.name}; ${goOn()}`);
    return received.exitCode;
  } finally {
    interrupt.dispose();
  }
}
