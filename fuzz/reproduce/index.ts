/**
 * Findings as C programs of one file each, which need nothing of allocert. `judged-finding.ts` asks
 * the judge again which operations prove the finding, `program-layout.ts` lays the program out,
 * `choose-check.ts` says how it sees that the promise is broken, and `program-in-c.ts` writes it.
 * Imports `judge/`, `plan/`, `record/`, the oracles and the catalogue. Start with the last of these.
 */
import type { Finding } from '../record/finding.ts';
import { Unwritable } from './c-text.ts';
import { judgeFinding } from './judged-finding.ts';
import { programInC } from './program-in-c.ts';

/** A finding as a C program, or why there is none. */
export type Reproducer =
  | { readonly text: string; readonly refusal?: never }
  | { readonly text?: never; readonly refusal: string };

/**
 * Writes a finding as one C file that needs nothing but Linux headers and libc: the smallest
 * Programs that show it, in the order in which they did, and a look at the promise that they break.
 *
 * It exits with 0 when the promise held, with 1 when it was broken, and with 2 when it could not be
 * run or nothing can be said.
 *
 * @throws {@link AllocertError} for a finding of an ABI or a profile that is not known
 */
export function reproducerOf(finding: Finding): Reproducer {
  try {
    return { text: programInC(judgeFinding(finding)) };
  } catch (thrown) {
    if (thrown instanceof Unwritable) return { refusal: thrown.message };
    throw thrown;
  }
}

/**
 * A finding with the name of its C program, or with the reason why it has none: simulators and
 * libraries have no device that a program could open.
 *
 * @param file name of the C file, beside that of the finding
 * @returns the text of the C file too, when there is one
 */
export function withReproducer(
  finding: Finding,
  file: string,
): { readonly finding: Finding; readonly text: string | undefined } {
  if (finding.facts.kind === 'sim') return { finding, text: undefined };
  const { refusal, text } = isOnKernel(finding.facts)
    ? reproducerOf(finding)
    : { refusal: 'it is on no kernel of which a program could open the device', text: undefined };
  return text === undefined
    ? { finding: { ...finding, noReproducer: refusal }, text }
    : { finding: { ...finding, reproducer: file }, text };
}

/** A library stands beside a kernel and is not it. */
const isOnKernel = ({ implementation, kernel }: Finding['facts']): boolean =>
  kernel !== undefined && implementation.endsWith(` ${kernel.release}`);
