import type { CommandFacts, OptionFacts } from './option.ts';

/** A JSON Schema, as far as configurations need one. */
export interface ConfigSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, ConfigSchema>>;
}

/** The section whose options go to every command that has them. */
export const COMMON = 'common';

/**
 * The JSON Schema of a configuration file: a section for each command, and one that all share.
 * Editors complete and check a file by it, and allocert checks every file by it.
 */
export function configSchema(commands: readonly CommandFacts[]): ConfigSchema {
  const taking = commands.filter(({ options }) => options.length > 0);
  const sections: Record<string, ConfigSchema> = {};
  for (const { name, options } of taking) {
    const [first = '', second] = name.split(' ');
    const section = objectOf(`Options of allocert ${name}`, propertiesOf(options));
    if (second === undefined) sections[first] = section;
    else {
      const inner = { ...sections[first]?.properties, [second]: section };
      sections[first] = objectOf(`Commands of allocert ${first}`, inner);
    }
  }
  const shared = propertiesOf(taking.flatMap(({ options }) => options));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of allocert',
    ...objectOf('A section for each command; flags and variables override it.', {
      $schema: { type: 'string', description: 'Where this schema is, for editors' },
      [COMMON]: objectOf('Options of every command that has them', shared),
      ...sections,
    }),
  };
}

const objectOf = (
  description: string,
  properties: Readonly<Record<string, ConfigSchema>>,
): ConfigSchema => ({ description, type: 'object', additionalProperties: false, properties });

/** Options of one name that take different things are alternatives; only `common` has such. */
function propertiesOf(options: readonly OptionFacts[]): Readonly<Record<string, ConfigSchema>> {
  const schemas: Record<string, ConfigSchema> = {};
  for (const name of new Set(options.map((option) => option.name))) {
    const alike = options.filter((option) => option.name === name);
    const kinds = new Map(alike.map((option) => [option.kind, typeOf(option)]));
    const [only, ...more] = kinds.values();
    const type = more.length === 0 ? only : { anyOf: [...kinds.values()] };
    schemas[name] = { description: alike[0]?.describe ?? '', ...type };
  }
  return schemas;
}

function typeOf({ kind, choices }: OptionFacts): ConfigSchema {
  const allowed = choices === undefined ? {} : { enum: choices };
  switch (kind) {
    case 'text':
      // Beyond these bounds JSON's numbers are no longer the ones that were written.
      return {
        type: ['string', 'integer'],
        minLength: 1,
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
        ...allowed,
      };
    case 'list':
      return { type: 'array', items: { type: 'string', minLength: 1, ...allowed } };
    case 'switch':
      return { type: 'boolean' };
    case 'number':
      return { type: 'number' };
  }
}
