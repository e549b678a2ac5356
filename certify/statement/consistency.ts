import { statementFaults } from './faults-in-statement.ts';
import type { Statement } from './statement.ts';

/** A rule that a statement breaks. */
export interface Inconsistency {
  /** The rule's name, which an erratum may cite. */
  readonly rule: string;
  /** What is wrong and what to do, without an end mark. */
  readonly sentence: string;
  /** The erratum that allows it; left out: nothing does. */
  readonly erratum?: string;
}

/**
 * Where a statement contradicts itself, or the rules of the catalogue. What an erratum of it allows
 * is named with that erratum, so that a reader can judge it.
 *
 * @param today the day by which deviations expire, in UTC, as `2026-01-31`
 */
export function inconsistencies(statement: Statement, today: string): readonly Inconsistency[] {
  const { errata } = statement;
  const found = statementFaults(statement, today).map(({ rule, sentence, excusable }) => {
    const erratum = excusable === true ? errata.find((one) => one.contradicts === rule) : undefined;
    return erratum === undefined ? { rule, sentence } : { rule, sentence, erratum: erratum.id };
  });
  const idle = errata.filter(({ id }) => !found.some(({ erratum }) => erratum === id));
  return [
    ...found,
    ...idle.map(({ id, contradicts }) => ({
      rule: 'erratum-unused',
      sentence: `the erratum ${id} allows nothing: no rule ${contradicts} is broken that may be; remove it`,
    })),
  ];
}
