/** A bug to switch on in the simulated allocator, so that suites and fuzzer can be tested. */
export interface Defect {
  readonly name: string;
  /** What the allocator does wrong, in one sentence. */
  readonly summary: string;
  /** Requirements of the catalogue that it should break. */
  readonly breaks: readonly string[];
  /** Parameter of the `sim:` URL without which it cannot show, such as `caller=32`. */
  readonly needs?: string;
}

/** Names of defects that are switched on; empty for none. */
export type DefectSet = ReadonlySet<string>;

/**
 * A defect as a row of a table.
 *
 * @param breaks ids of requirements, with spaces between
 */
export const row = (name: string, breaks: string, summary: string): Defect => ({
  name,
  summary,
  breaks: breaks.split(' '),
});

/** A defect that only 32-bit programs meet. */
export const compat = (name: string, breaks: string, summary: string): Defect => ({
  ...row(name, breaks, summary),
  needs: 'caller=32',
});
