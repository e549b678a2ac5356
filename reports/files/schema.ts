import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { packageRoot } from '../../base/package-root.ts';
import { violationPhrase } from '../../base/violation.ts';

const NAMES = [
  'record',
  'journal',
  'campaign',
  'finding',
  'fuzz',
  'waivers',
  'package',
  'policy',
  'statement',
] as const;

/** A published schema in `reports/schema`. */
export type SchemaName = (typeof NAMES)[number];

/** Parts of the record's schema that are asked for alone. */
const PARTS = ['facts', 'case'] as const;

type Checked = SchemaName | (typeof PARTS)[number];

let validators: ReadonlyMap<Checked, ValidateFunction> | undefined;

/**
 * Checks a JSON value by a published schema, and says what is wrong; undefined when nothing is.
 * `facts` are those of a target and `case` is a case, as records hold them.
 *
 * @returns a phrase as of {@link violationPhrase}
 */
export function schemaViolation(name: Checked, value: unknown): string | undefined {
  validators ??= compileSchemas();
  const validate = validators.get(name);
  if (validate === undefined || validate(value)) return undefined;
  return violationPhrase(validate.errors);
}

function compileSchemas(): ReadonlyMap<Checked, ValidateFunction> {
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    discriminator: true,
    verbose: true,
    allowUnionTypes: true,
  });
  const schemas = NAMES.map((name) => {
    const file = join(packageRoot(), 'reports', 'schema', `${name}.schema.json`);
    return [name, JSON.parse(readFileSync(file, 'utf8'))] as const;
  });
  for (const [, schema] of schemas) ajv.addSchema(schema);
  const whole = schemas.map(([name, schema]) => [name, compiled(ajv, schema.$id)] as const);
  const record = schemas[0]?.[1].$id;
  const parts = PARTS.map((name) => [name, compiled(ajv, `${record}#/$defs/${name}`)] as const);
  return new Map<Checked, ValidateFunction>([...whole, ...parts]);
}

function compiled(ajv: Ajv2020, id: string): ValidateFunction {
  const validate = ajv.getSchema(id);
  if (validate === undefined) throw new Error(`the schema ${id} is not registered`);
  return validate as ValidateFunction;
}
