import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { violationPhrase } from '../../base/violation.ts';
import { type JsonSchema, OUTCOMES } from '../contract/index.ts';

/**
 * The shape of the lines of `evidence.ndjson`. Evidence comes from strangers: what the cases read
 * is checked here, so that a damaged line is a sentence and never a strange verdict.
 */
const TEXT: JsonSchema = { type: 'string' };
const NUMBER: JsonSchema = { type: 'string', pattern: '^-?0x[0-9a-f]+$' };
const BYTES: JsonSchema = {
  type: 'object',
  required: ['hex'],
  properties: { hex: { type: 'string', pattern: '^([0-9a-f]{2})*$' } },
};

const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

const shape = (
  properties: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema => ({
  type: 'object',
  required: Object.keys(properties),
  properties: { ...properties, ...optional },
});

const RESULT = shape(
  { outcome: { enum: OUTCOMES }, value: NUMBER, out: BYTES, call: NUMBER },
  {
    errno: { type: 'string', pattern: '^E[0-9A-Z]+$' },
    signal: TEXT,
    return: NUMBER,
    faultOffset: NUMBER,
    redZone: listOf({ enum: ['before', 'after'] }),
    steps: listOf({ $ref: '#/$defs/step' }),
  },
);

const STEP = shape({
  succeeded: NUMBER,
  failed: NUMBER,
  first: { $ref: '#/$defs/result' },
  last: { $ref: '#/$defs/result' },
  failures: { type: 'object', additionalProperties: NUMBER },
  anomalies: listOf(shape({ iteration: NUMBER, result: { $ref: '#/$defs/result' } })),
});

const HISTORY = shape(
  {
    threads: listOf(listOf({ $ref: '#/$defs/result' })),
    deaths: listOf(shape({ client: TEXT, reason: { enum: ['own', 'deadline'] } })),
    log: listOf(TEXT),
    deadlineHit: { type: 'boolean' },
  },
  { taint: NUMBER, progressing: { const: true } },
);

const FACTS = shape(
  {
    kind: TEXT,
    implementation: TEXT,
    architecture: TEXT,
    pageSize: { type: 'integer', minimum: 1 },
    pointerBytes: { enum: [4, 8] },
    regions: listOf(
      shape({ name: TEXT, node: TEXT, bounded: { type: 'boolean' } }, { sizeBytes: NUMBER }),
    ),
    capabilities: listOf(TEXT),
    kernelLog: { type: 'boolean' },
    details: { type: 'object', additionalProperties: TEXT },
  },
  { kernel: shape({ release: TEXT, version: TEXT }) },
);

const ASKED = { digest: TEXT, program: { type: 'object' } };

const ENTRY: JsonSchema = {
  type: 'object',
  properties: { kind: TEXT },
  required: ['kind'],
  discriminator: { propertyName: 'kind' },
  oneOf: [
    shape({ kind: { const: 'run' }, ...ASKED, history: { $ref: '#/$defs/history' } }),
    shape({
      kind: { const: 'death' },
      ...ASKED,
      manner: { enum: ['crash', 'hang'] },
      message: TEXT,
      log: listOf(TEXT),
    }),
  ],
};

const LINE: JsonSchema = {
  type: 'object',
  properties: { kind: TEXT },
  required: ['kind'],
  discriminator: { propertyName: 'kind' },
  oneOf: [
    shape({
      kind: { const: 'target' },
      version: { type: 'integer' },
      target: TEXT,
      seed: TEXT,
      facts: FACTS,
    }),
    shape(
      { kind: { const: 'case' }, caseId: TEXT, entries: listOf(ENTRY) },
      { attempt: { type: 'integer', minimum: 2 } },
    ),
  ],
  $defs: { result: RESULT, step: STEP, history: HISTORY },
};

let validate: ValidateFunction | undefined;

/** The first fault of a parsed line of evidence, as a phrase; undefined when it has none. */
export function evidenceViolation(value: unknown): string | undefined {
  const options = { strict: true, strictRequired: false, discriminator: true, verbose: true };
  validate ??= new Ajv2020(options).compile(LINE);
  return validate(value) ? undefined : violationPhrase(validate.errors);
}
