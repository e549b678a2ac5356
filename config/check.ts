import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { type AllocertError, usageError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import type { ConfigFile } from './file.ts';
import type { ConfigSchema } from './schema.ts';

/** Sections of a configuration by the names of their commands, and what each sets. */
export type Config = Readonly<Record<string, unknown>>;

/**
 * Checks what a configuration file holds.
 *
 * @throws {@link AllocertError} (usage) naming the file, the place in it and what it must be
 */
export function checkConfig({ name, value }: ConfigFile, schema: ConfigSchema): Config {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, verbose: true });
  if (ajv.validate(schema, value)) return value as Config;
  const error = ajv.errors?.[0];
  throw error === undefined ? usageError(`${name} is not a configuration`) : sentence(name, error);
}

function sentence(file: string, error: ErrorObject): AllocertError {
  const at = error.instancePath;
  const place = `${file}: ${at === '' ? 'the whole' : at}`;
  switch (error.keyword) {
    case 'additionalProperties':
      return usageError(`${file}: ${unknownKey(at, error)}`);
    case 'minLength':
      return usageError(`${place} is empty; give it a value or leave it out`);
    case 'minimum':
    case 'maximum':
      return usageError(`${place} is too large for a number of JSON; write it in quotes`);
    case 'enum':
      return usageError(`${place} must be one of ${(error.schema as unknown[]).join(', ')}`);
    case 'type':
      return usageError(`${place} must be ${wordsOf(error.schema)}, not ${shown(error.data)}`);
    default:
      return usageError(`${place} ${error.message}`);
  }
}

function unknownKey(at: string, { params, parentSchema }: ErrorObject): string {
  const key = String(params.additionalProperty);
  const known = Object.keys((parentSchema as ConfigSchema).properties ?? {});
  const near = nearest(key, known);
  const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`;
  return `${at}/${key} is unknown; ${hint}`;
}

const WORDS: Readonly<Record<string, string>> = {
  array: 'a list of texts',
  boolean: 'true or false',
  number: 'a number',
  object: 'an object',
  string: 'a text',
  'string,integer': 'a text or a whole number',
};

const wordsOf = (type: unknown): string => WORDS[String(type)] ?? String(type);

/** A value in a sentence; of structures only what they are. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string') return 'a text';
  return String(value);
}
