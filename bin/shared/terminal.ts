import { redact } from '../../base/redact.ts';
import { printable } from '../../reports/formats/layout.ts';

/** Prints one sentence for the user on standard error, without secrets. */
export const complain = (sentence: string): void => {
  process.stderr.write(`allocert: ${printable(redact(sentence))}\n`);
};

/** Whether standard output takes colours: a terminal, unless they are switched off. */
export const coloured = (): boolean =>
  process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
