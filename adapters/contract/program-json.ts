import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { usageError } from '../../base/errors.ts';
import { violationPhrase } from '../../base/violation.ts';
import type { History } from './history.ts';
import type { Program } from './program.ts';
import { programSchema } from './program-schema.ts';
import type { RegionFacts, TargetFacts } from './session.ts';
import type { TranscriptEntry } from './transcript-entry.ts';

/**
 * The text form of contract data: JSON in which 64-bit values are hexadecimal strings (`"0x1000"`,
 * `"-0x1"`) and bytes are `{"hex": "…"}`.
 */

/** `"0x…"`, with a minus sign before it for negative values. */
export const hexOf = (value: bigint): string =>
  value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;

/** The value of a string that {@link hexOf} made. */
export const bigintOf = (text: string): bigint =>
  text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);

const HEX = /^-?0x[0-9a-f]+$/;

/** Plain JSON of contract data: bigint and bytes become text, `undefined` members vanish. */
export function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return hexOf(value);
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, toJson(member)]));
}

/** The text of {@link toJson}, as `JSON.stringify` writes it, without the values in between. */
export function contractText(value: unknown): string {
  const pieces: string[] = [];
  writeText(value, pieces);
  return pieces.join('');
}

/** One list for all: a text of its own for each value would be copied for each one around it. */
function writeText(value: unknown, pieces: string[]): void {
  if (typeof value === 'bigint') pieces.push('"', hexOf(value), '"');
  else if (typeof value === 'string') pieces.push(stringText(value));
  else if (typeof value !== 'object' || value === null) {
    pieces.push(JSON.stringify(value) ?? 'null');
  } else if (value instanceof Uint8Array) {
    const { buffer, byteLength, byteOffset } = value;
    pieces.push('{"hex":"', Buffer.from(buffer, byteOffset, byteLength).toString('hex'), '"}');
  } else if (Array.isArray(value)) {
    pieces.push('[');
    for (let at = 0; at < value.length; at += 1) {
      if (at > 0) pieces.push(',');
      writeText(value[at], pieces);
    }
    pieces.push(']');
  } else writeMembers(value as Readonly<Record<string, unknown>>, pieces);
}

function writeMembers(value: Readonly<Record<string, unknown>>, pieces: string[]): void {
  let opening = '{';
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    pieces.push(opening, keyText(key));
    writeText(member, pieces);
    opening = ',';
  }
  pieces.push(opening === '{' ? '{}' : '}');
}

/** Most strings are names, in which nothing is to be escaped. */
const stringText = (text: string): string =>
  PLAIN_TEXT.test(text) ? `"${text}"` : JSON.stringify(text);

const PLAIN_TEXT = /^[\w:/. -]*$/;

/** A key as it is written, with its colon: there are few, and each comes often. */
function keyText(key: string): string {
  const known = KEYS.get(key);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(key)}:`;
  if (KEYS.size < KEYS_MAX) KEYS.set(key, text);
  return text;
}

const KEYS = new Map<string, string>();
const KEYS_MAX = 512;

/** Undoes {@link toJson}: hexadecimal strings become bigint, `{"hex"}` bytes. */
export function fromJson(value: unknown): unknown {
  if (typeof value === 'string') return HEX.test(value) ? bigintOf(value) : value;
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value);
  const { hex } = value as { readonly hex?: unknown };
  if (keys.length === 1 && typeof hex === 'string') {
    return new Uint8Array(Buffer.from(hex, 'hex'));
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fromJson(member)]));
}

/**
 * A History from its text form. Log lines stay text: one that happens to read `0x1f` is no number.
 * Members keep their order, so that the text form of the result is the text that it came from.
 */
export function historyFromJson(json: object): History {
  const { log } = json as History;
  return { ...(fromJson({ ...json, log: [] }) as History), log };
}

/** Target facts from their text form; only sizes are numbers, everything else stays text. */
export function factsFromJson(json: object): TargetFacts {
  const facts = json as TargetFacts;
  const regions = facts.regions.map((region) => {
    const { sizeBytes, ...rest } = region as unknown as Omit<RegionFacts, 'sizeBytes'> & {
      readonly sizeBytes?: string;
    };
    return sizeBytes === undefined ? rest : { ...rest, sizeBytes: bigintOf(sizeBytes) };
  });
  return { ...facts, regions };
}

/** A transcript entry from its text form. */
export function entryFromJson(json: object): TranscriptEntry {
  const entry = json as TranscriptEntry;
  const program = fromJson(entry.program) as Program;
  if (entry.kind === 'death') return { ...entry, program };
  return { ...entry, program, history: historyFromJson(entry.history) };
}

let validate: ValidateFunction | undefined;

/**
 * A Program from parsed JSON, checked against the schema.
 *
 * @param origin where the text came from, for the sentence
 * @throws {@link AllocertError} when it is no Program
 */
export function parseProgram(json: unknown, origin: string): Program {
  validate ??= new Ajv2020({ strict: true, discriminator: true, verbose: true }).compile(
    programSchema(),
  );
  if (!validate(json)) {
    throw usageError(`${origin} is not a Program: ${violationPhrase(validate.errors)}`);
  }
  return fromJson(json) as Program;
}
