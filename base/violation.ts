import type { ErrorObject } from 'ajv/dist/2020.js';

/**
 * The first thing that a value does wrong by a schema, for a sentence: where it is and what it must
 * be, in words for the author of the file and not in those of JSON Schema.
 *
 * @param errors what a validator compiled with `verbose` left behind
 * @returns a phrase such as `at /cases/0/end, "hung" must be one of ok, crash, hang`
 */
export function violationPhrase(errors: readonly ErrorObject[] | null | undefined): string {
  const error = errors?.[0];
  if (error === undefined) return 'it does not fit';
  const at = error.instancePath;
  return `at ${at === '' ? 'the top' : at}, ${complaint(error)}`;
}

function complaint({ keyword, schema, data, params, message }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return `"${params.missingProperty}" is missing`;
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `"${params.additionalProperty ?? params.unevaluatedProperty}" is unknown`;
    case 'const':
      return `${shown(data)} must be ${JSON.stringify(schema)}`;
    case 'enum':
      return `${shown(data)} must be one of ${(schema as readonly unknown[]).join(', ')}`;
    case 'type':
      return `${shown(data)} must be ${typeWords(schema)}`;
    case 'pattern':
      return `${shown(data)} must be ${PATTERNS[String(schema)] ?? `written as ${String(schema)}`}`;
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return `${shown(data)} must not be ${params.limit === 1 ? 'empty' : 'so short'}`;
    case 'discriminator':
      return params.tagValue === undefined
        ? `"${params.tag}" is missing`
        : `"${params.tag}" cannot be ${shown(params.tagValue)}`;
    default:
      return `${shown(data)} ${message}`;
  }
}

/** Patterns of the schemas that words say better. */
const PATTERNS: Readonly<Record<string, string>> = {
  '^https?://[^\\s]+$': 'a URL that begins with http:// or https://',
};

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'a text',
};

const typeWords = (type: unknown): string =>
  [type]
    .flat()
    .map((one) => TYPES[String(one)] ?? String(one))
    .join(' or ');

const SHOWN_MAX = 60;

/** A value in a sentence; of structures and long texts only what they are. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= SHOWN_MAX ? text : 'a long text';
}
