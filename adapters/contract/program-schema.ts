import {
  type ArgumentKind,
  DOCUMENTS,
  FILES,
  OPERATION_ROWS,
  type OperationSpec,
  STOPS,
} from './operations.ts';

/** JSON Schema as data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const HEX_PATTERN = '^-?0x[0-9a-f]+$';
const SLOT_PATTERN = '^[a-z][a-z0-9-]*(\\[(i|[0-9]+)\\])?$';
const WIDTH: JsonSchema = { enum: [1, 2, 4, 8] };

const closed = (
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema => ({ type: 'object', properties, required, additionalProperties: false });

const BYTES = closed({ hex: { type: 'string', pattern: '^([0-9a-f]{2})*$' } }, ['hex']);
const INTEGER: JsonSchema = { type: 'integer', minimum: -65_536, maximum: 65_536 };

const kindSchema = (kind: string, more: Readonly<Record<string, JsonSchema>> = {}): JsonSchema =>
  closed({ kind: { const: kind }, ...more }, ['kind', ...Object.keys(more)]);

const PLACEMENT: JsonSchema = {
  oneOf: [
    kindSchema('plain'),
    kindSchema('null'),
    kindSchema('unmapped'),
    kindSchema('kernel'),
    kindSchema('page', { protection: { enum: ['none', 'read-only', 'write-only'] } }),
    kindSchema('page-end', {
      distance: INTEGER,
      neighbour: { enum: ['unmapped', 'none', 'read-only', 'write-only'] },
    }),
    kindSchema('unaligned', { by: INTEGER }),
    kindSchema('flipped', { offset: INTEGER, width: WIDTH, value: { $ref: '#/$defs/literal' } }),
  ],
};

const OPERAND: JsonSchema = {
  oneOf: [
    { $ref: '#/$defs/literal' },
    closed(
      {
        slot: { $ref: '#/$defs/slot' },
        offset: { type: 'integer', minimum: 0 },
        width: WIDTH,
        signed: { type: 'boolean' },
      },
      ['slot'],
    ),
  ],
};

function argumentSchema(kind: ArgumentKind): JsonSchema {
  switch (kind) {
    case 'client':
      return { type: 'string', pattern: '^[a-z][a-z0-9-]*$' };
    case 'file':
      return {
        anyOf: [{ type: 'string', pattern: '^(region|minor):[0-9]{1,3}$' }, { enum: FILES }],
      };
    case 'document':
      return { enum: DOCUMENTS };
    case 'stop':
      return { enum: STOPS };
    case 'bytes':
      return BYTES;
    case 'argument':
      return closed({ bytes: BYTES, placement: PLACEMENT }, ['bytes']);
    case 'body':
      return { type: 'array', minItems: 1, items: { $ref: '#/$defs/operation' } };
    default:
      return { $ref: '#/$defs/operand' };
  }
}

function operationSchema(name: string, spec: OperationSpec): JsonSchema {
  const rows = Object.entries(spec.arguments);
  const properties = Object.fromEntries(rows.map(([key, kind]) => [key, argumentSchema(kind)]));
  const required = rows.filter(([, kind]) => !kind.endsWith('?')).map(([key]) => key);
  return {
    description: spec.summary,
    ...closed({ op: { const: name }, slot: { $ref: '#/$defs/slot' }, ...properties }, [
      'op',
      ...required,
    ]),
  };
}

/** The JSON Schema of a Program's text form, derived from the table of operations. */
export function programSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'allocert Program',
    ...closed(
      {
        threads: {
          type: 'array',
          minItems: 1,
          items: closed(
            {
              client: argumentSchema('client'),
              operations: { type: 'array', items: { $ref: '#/$defs/operation' } },
            },
            ['client', 'operations'],
          ),
        },
        deadlineMs: { type: 'integer', minimum: 1 },
        seed: { $ref: '#/$defs/literal' },
      },
      ['threads', 'deadlineMs'],
    ),
    $defs: {
      literal: { type: 'string', pattern: HEX_PATTERN },
      slot: { type: 'string', pattern: SLOT_PATTERN },
      operand: OPERAND,
      operation: {
        type: 'object',
        properties: { op: { enum: OPERATION_ROWS.map(([name]) => name) } },
        required: ['op'],
        discriminator: { propertyName: 'op' },
        oneOf: OPERATION_ROWS.map(([name, spec]) => operationSchema(name, spec)),
      },
    },
  };
}
