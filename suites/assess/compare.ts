import { catalogue, type Requirement } from '../../catalogue/catalogue.ts';
import { markdownTable, type Paragraph, textTable } from './table.ts';
import type { RequirementOutcome, TargetResult } from './target-result.ts';

/** A target as a column of the matrix. */
export type TargetColumn = Omit<TargetResult, 'requirements'>;

/** The observations of a requirement on a target; null where it does not apply. */
export type Cell = Omit<RequirementOutcome, 'requirement'> | null;

/** A requirement with one cell for each column. */
export interface MatrixRow {
  readonly requirement: string;
  readonly group: string;
  readonly level: string;
  readonly statement: string;
  /** Whether two targets that answered were seen to do different things. */
  readonly differs: boolean;
  readonly cells: readonly Cell[];
}

/** Requirement × target. */
export interface Comparison {
  readonly columns: readonly TargetColumn[];
  readonly rows: readonly MatrixRow[];
  /** 3 when a target could not be observed, or not wholly; else 0. */
  readonly exitCode: 0 | 3;
}

/**
 * Puts targets side by side, each as its own profile judges it. Requirements that apply to none of
 * them are left out.
 *
 * @param results one for each target, in the order of the columns
 */
export function compareTargets(
  results: readonly TargetResult[],
  requirements: readonly Requirement[] = catalogue().requirements,
): Comparison {
  const rows = requirements.map((requirement) => rowOf(requirement, results));
  return {
    columns: results.map(({ requirements: _, ...column }) => column),
    rows: rows.filter(({ cells }) => cells.some((cell) => cell !== null)),
    exitCode: results.some(({ problem }) => problem !== '') ? 3 : 0,
  };
}

function rowOf(requirement: Requirement, results: readonly TargetResult[]): MatrixRow {
  const { id, group, level, statement } = requirement;
  const cells = results.map((result) => cellOf(requirement, result));
  const words = cells.filter((cell) => cell !== null && cell.observed.length > 0).map(wordsOf);
  return {
    requirement: id,
    group,
    level,
    statement,
    differs: new Set(words).size > 1,
    cells,
  };
}

function cellOf(requirement: Requirement, result: TargetResult): Cell {
  if (requirement.expect[result.profile] === undefined) return null;
  const found = result.requirements.find((one) => one.requirement === requirement.id);
  if (found === undefined) {
    const reason = requirement.unobservable ?? result.problem;
    return { status: 'skip', expected: [], observed: [], reason, cases: [] };
  }
  const { requirement: _, ...cell } = found;
  return cell;
}

const wordsOf = (cell: Cell): string => (cell?.observed ?? []).toSorted().join(' ');

/** A verdict and what was observed, as in `pass EINVAL`; what is bad stands out in capitals. */
function cellText(cell: Cell, column: TargetColumn | undefined): string {
  if (cell === null) return column?.profile === '' ? '?' : '–';
  const loud = ['fail', 'crash', 'hang', 'warn', 'inconclusive'].includes(cell.status);
  const status = loud ? cell.status.toUpperCase() : cell.status;
  return [status, ...cell.observed].join(' ');
}

/**
 * The matrix as a table for a terminal, with `*` where targets differ.
 *
 * @param width columns of a line; a table that is wider becomes a list
 */
export function comparisonTable({ columns, rows }: Comparison, width?: number): string[] {
  const head = ['', 'requirement', ...columns.map((_, index) => `[${index + 1}]`)];
  const body = rows.map((row) => [
    row.differs ? '*' : ' ',
    row.requirement,
    ...row.cells.map((cell, index) => cellText(cell, columns[index])),
  ]);
  return textTable([head, ...body], width);
}

/** A legend of the columns: the target, and why its run is not complete. */
export function columnParagraphs({ columns }: Comparison): readonly Paragraph[] {
  return columns.flatMap((column, index) => {
    const first = `[${index + 1}] `;
    const facts = [column.implementation, column.profile && `profile ${column.profile}`];
    const about = facts.filter(Boolean).join(', ');
    const name = about === '' ? column.target : `${column.target} (${about})`;
    const problem = column.problem === '' ? [] : [{ first: '    ', text: problemOf(column) }];
    return [{ first, text: name }, ...problem];
  });
}

const problemOf = ({ profile, problem }: TargetColumn): string =>
  profile === '' ? `not observed: ${problem}` : `incomplete: ${problem}`;

/** A comparison without the rows in which all targets were observed to do the same. */
export const differencesIn = (comparison: Comparison): Comparison => ({
  ...comparison,
  rows: comparison.rows.filter(({ differs }) => differs),
});

/** How many rows differ. */
export function differenceText({ rows }: Comparison): string {
  const count = rows.filter(({ differs }) => differs).length;
  return `${rows.length} requirements apply; ${count} were observed differently (*).`;
}

/** `matrix.md` */
export function comparisonMarkdown(comparison: Comparison): string {
  const { columns, rows } = comparison;
  const legend = columns.map((column) => [
    column.target,
    column.implementation || '–',
    column.profile || '–',
    column.problem === '' ? 'complete' : problemOf(column),
  ]);
  const head = ['requirement', 'level', 'statement', ...columns.map(({ target }) => target)];
  const body = rows.map((row) => [
    row.differs ? `${row.requirement} ≠` : row.requirement,
    row.level,
    row.statement,
    ...row.cells.map((cell, index) => cellText(cell, columns[index])),
  ]);
  const lines = [
    '# Targets side by side',
    '',
    ...markdownTable([['target', 'implementation', 'profile', 'run'], ...legend]),
    '',
    differenceText(comparison).replace('(*)', '(≠)'),
    'A cell holds the verdict of the target’s own profile and the words that were observed;',
    '– stands where a requirement does not apply, ? where the target never answered.',
    '',
    ...markdownTable([head, ...body]),
  ];
  return `${lines.join('\n')}\n`;
}
