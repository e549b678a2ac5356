import { createHash } from 'node:crypto';
import {
  type AbiName,
  type Capability,
  contractText,
  fromJson,
  OPERATIONS,
  type OperationName,
  type Program,
  parseProgram,
  usageError,
} from '../../adapters/contract/index.ts';
import { messageOf } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { GeneratorContext, Scenario } from '../generate/scenario.ts';
import { operationsIn } from '../generate/scenario.ts';

/** A scenario worth keeping, and what a target must be to run it. One file of a corpus folder. */
export interface CorpusEntry {
  /** Version of this shape. */
  readonly version: 1;
  /** The mode that made it. */
  readonly mode: string;
  readonly abi: AbiName;
  /** Bytes in a page: lengths are written for it. */
  readonly pageBytes: number;
  /** The region that it opens. */
  readonly region: string;
  readonly capabilities: readonly Capability[];
  /** Coverage signatures that it showed, sorted. */
  readonly signatures: readonly string[];
  /** Run one after the other in one case. */
  readonly programs: readonly Program[];
}

/** An entry as it is kept: its text, and what is asked of it often. */
export interface StoredEntry {
  /** Sixteen hexadecimal digits of the SHA-256 of the text; the file's name without its end. */
  readonly digest: string;
  readonly mode: string;
  readonly signatures: readonly string[];
  readonly operations: number;
  /** The JSON of a {@link CorpusEntry}, with a line feed at its end. */
  readonly text: string;
}

/** The end of an entry's file name. */
export const ENTRY_SUFFIX = '.json';

/** The entry of a scenario that was run. */
export function entryOf(
  { abi, page, region }: GeneratorContext,
  { mode, programs }: Scenario,
  signatures: readonly string[],
): StoredEntry {
  return stored({
    version: 1,
    mode,
    abi: abi.name,
    pageBytes: Number(page),
    region: region.name,
    capabilities: capabilitiesOf(programs),
    signatures,
    programs,
  });
}

function stored(entry: CorpusEntry): StoredEntry {
  const text = `${contractText(entry)}\n`;
  const { mode, signatures } = entry;
  return { digest: digestOf(text), mode, signatures, operations: operationsIn(entry), text };
}

/** The name of an entry with this text. */
export const digestOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 16);

function capabilitiesOf(programs: readonly Program[]): Capability[] {
  const rows = OPERATIONS as Readonly<Record<OperationName, { readonly capability: Capability }>>;
  const found = new Set<Capability>();
  for (const { threads } of programs) {
    for (const { operations } of threads)
      for (const { op } of operations) found.add(rows[op].capability);
  }
  return [...found].toSorted();
}

/** An entry from text that allocert has written; anything else goes through `readEntry`. */
export const entryFrom = (text: string): CorpusEntry => {
  const { programs, ...rest } = JSON.parse(text) as Omit<CorpusEntry, 'programs'> & {
    readonly programs: readonly unknown[];
  };
  return { ...rest, programs: programs.map((one) => fromJson(one) as Program) };
};

const SIGNATURE = /^([!-~]+( [!-~]+){5}|edge [0-9a-f]{4})$/;

/**
 * Checks the text of a file.
 *
 * @param origin where it came from, for the sentence
 * @throws {@link AllocertError} when it is no entry
 */
export function readEntry(text: string, origin: string): StoredEntry {
  const json = parsed(text, origin);
  const { abi, capabilities, mode, pageBytes, programs, region, signatures, version } = json;
  if (version !== 1) throw usageError(`${origin} is not a corpus entry of version 1`);
  const words = [mode, abi, region];
  const isOne =
    words.every((word) => typeof word === 'string') &&
    Number.isSafeInteger(pageBytes) &&
    isList(capabilities, (one) => typeof one === 'string') &&
    isList(signatures, (one) => typeof one === 'string' && SIGNATURE.test(one)) &&
    Array.isArray(programs) &&
    programs.length > 0;
  if (!isOne) throw usageError(`${origin} is not a corpus entry: a member is missing or misshapen`);
  const checked = (programs as unknown[]).map((one) => parseProgram(one, origin));
  return {
    digest: digestOf(text),
    mode: mode as string,
    signatures: signatures as string[],
    operations: operationsIn({ mode: '', programs: checked }),
    text,
  };
}

const isList = (value: unknown, fits: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(fits);

function parsed(text: string, origin: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (thrown) {
    throw usageError(`${origin} is not a corpus entry: it ${messageOf(thrown)}`);
  }
  if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  throw usageError(`${origin} is not a corpus entry: it is not an object`);
}
