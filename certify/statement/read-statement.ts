import { printable } from '../../base/clean-text.ts';
import { AllocertError, unreadable, usageError } from '../../base/errors.ts';
import { readWhole } from '../../base/read-whole.ts';
import { schemaViolation } from '../../reports/files/schema.ts';
import { readJsonc } from './jsonc-value.ts';
import type { StatedRegion, Statement } from './statement.ts';
import { BLANK } from './statement.ts';

/** Bytes of the largest statement; a longer one was written by no person. */
const STATEMENT_BYTES_MAX = 1 << 20;

/** A statement, and the plain JSON data that it was read from. */
export interface GivenStatement {
  readonly statement: Statement;
  /** The same as data: written as JSON it reads as the same statement. */
  readonly value: unknown;
}

/**
 * Reads a statement: JSON with comments, by `reports/schema/statement.schema.json`. What it claims
 * may still contradict itself, see consistency.ts.
 *
 * @throws {@link AllocertError} (usage) when it cannot be read, does not fit the schema, or has
 *   blanks, all of which the sentence names
 */
export function readStatement(file: string): GivenStatement {
  return parseStatement(textOf(file), file);
}

function textOf(file: string): string {
  try {
    return readWhole(file, STATEMENT_BYTES_MAX).toString('utf8');
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    const reason = unreadable(thrown);
    if (reason === undefined) throw thrown;
    throw usageError(`${file} cannot be read, ${reason}; name the statement`);
  }
}

/**
 * A statement of a text; `name` stands for it in sentences.
 *
 * @throws as {@link readStatement} does
 */
export function parseStatement(text: string, name: string): GivenStatement {
  const { value, place } = readJsonc(text, name);
  const blanks = blanksIn(value, '');
  if (blanks.length > 0) {
    const all = blanks.map((path) => `${dotted(path)} (${place(path)})`).join(', ');
    throw usageError(`${name} still has ${BLANK} in ${all}; write what is true of the product`);
  }
  const violation = schemaViolation('statement', value);
  if (violation === undefined) return { statement: statementOf(value as Written), value };
  const [, path = ''] = /^at (\/\S*),/.exec(violation) ?? [];
  const where = path === '' ? '' : ` (${place(path)})`;
  const what = printable(violation);
  throw usageError(`${name} is no statement: ${what}${where}; see docs/statement.md`);
}

function blanksIn(value: unknown, path: string): readonly string[] {
  if (value === BLANK) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => blanksIn(one, `${path}/${key}`));
}

const dotted = (path: string): string => printable(path.slice(1).replaceAll('/', '.'));

type Bytes = number | string;

/** A statement as the schema has it: sizes are numbers or texts. */
interface Written
  extends Pick<Statement, 'product' | 'abi' | 'profile' | 'pageSize' | 'features' | 'testing'>,
    Partial<Pick<Statement, 'deviations' | 'errata'>> {
  readonly alignment: Bytes;
  readonly regions: readonly (Omit<StatedRegion, 'sizeBytes'> & { readonly size?: Bytes })[];
  readonly limits?: { readonly largestBuffer?: Bytes; readonly descriptors?: number };
}

function statementOf(written: Written): Statement {
  const { product, abi, profile, pageSize, alignment, regions, features, testing } = written;
  const { limits: { largestBuffer, ...limits } = {}, deviations = [], errata = [] } = written;
  return {
    ...{ product, abi, profile, pageSize, features, deviations, errata, testing },
    alignment: bytesOf(alignment),
    regions: regions.map(({ size, ...region }) =>
      size === undefined ? region : { ...region, sizeBytes: bytesOf(size) },
    ),
    limits:
      largestBuffer === undefined ? limits : { ...limits, largestBuffer: bytesOf(largestBuffer) },
  };
}

const UNITS: Readonly<Record<string, bigint>> = {
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
  TiB: 1n << 40n,
};

/** A size that fits the schema, in bytes. */
function bytesOf(size: Bytes): bigint {
  const [, digits = '', unit = ''] = /^(\d+)(?: ?([KMGT]iB))?$/.exec(String(size)) ?? [];
  return BigInt(digits) * (UNITS[unit] ?? 1n);
}

/** A size as people write it: whole units, the largest that fits. */
export function bytesText(bytes: bigint): string {
  const units = Object.entries(UNITS).toReversed();
  const fitting = units.find(([, unit]) => bytes >= unit && bytes % unit === 0n);
  return fitting === undefined ? String(bytes) : `${bytes / fitting[1]} ${fitting[0]}`;
}
