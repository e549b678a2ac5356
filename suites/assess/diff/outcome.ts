import type { Adapter, Program } from '../../../adapters/contract/index.ts';
import type { Paragraph } from '../table.ts';
import { diffEntries, runPrograms } from './entries.ts';
import { diffSuites, type SuiteDiffOptions } from './suite.ts';
import { differenceParagraphs, suiteParagraphs } from './text.ts';

/** Two targets that are asked the same. */
export type TargetPair = readonly [left: Adapter, right: Adapter];

/** How two targets compare, for a program, for a reader and for a shell. */
export interface DiffOutcome {
  readonly data: object;
  readonly paragraphs: readonly Paragraph[];
  /** 0 the same, 1 different, 3 a target was not wholly observed. */
  readonly exitCode: 0 | 1 | 3;
}

/**
 * Runs Programs one after another on both targets. What chance may explain is shown, and makes no
 * difference.
 *
 * @throws {@link AllocertError} when a target cannot be reached or refuses a Program
 */
export async function diffPrograms(
  [left, right]: TargetPair,
  programs: readonly Program[],
): Promise<DiffOutcome> {
  const differences = diffEntries(
    await runPrograms(left, programs),
    await runPrograms(right, programs),
  );
  const different = differences.some(({ raced }) => !raced);
  const count = programs.length === 1 ? '1 Program' : `${programs.length} Programs`;
  const verdict = different
    ? `The targets differ: ${differences.length} differences in ${count}.`
    : `The targets answer ${count} alike.`;
  return {
    data: { same: !different, programs: programs.length, differences },
    paragraphs: [
      ...differenceParagraphs(differences, ''),
      ...(differences.length === 0 ? [] : [{ first: '', text: '' }]),
      { first: '', text: verdict },
    ],
    exitCode: different ? 1 : 0,
  };
}

/**
 * Runs the suites on both targets. A difference that was seen counts, however early a run stopped.
 *
 * @throws {@link AllocertError} when a target cannot be run, or they speak different ABIs
 */
export async function diffCases(pair: TargetPair, options: SuiteDiffOptions): Promise<DiffOutcome> {
  const diff = await diffSuites(pair, options);
  const exitCode = !diff.same ? 1 : diff.incomplete === '' ? 0 : 3;
  return { data: diff, paragraphs: suiteParagraphs(diff), exitCode };
}
