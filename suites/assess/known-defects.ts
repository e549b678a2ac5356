import { Ajv2020 } from 'ajv/dist/2020.js';
import { usageError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { readWhole } from '../../base/read-whole.ts';
import { violationPhrase } from '../../base/violation.ts';
import type { KnownDefect } from './qualify.ts';

/** Bytes of the largest list of defects. */
const LIST_BYTES = 1 << 20;

const TEXT = { type: 'string', minLength: 1, maxLength: 1000 } as const;

/** What a list of defects holds; further fields are its owner's. */
const SCHEMA = {
  type: 'array',
  minItems: 1,
  maxItems: 10_000,
  items: {
    type: 'object',
    required: ['name', 'summary', 'breaks'],
    properties: {
      name: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]*$', maxLength: 100 },
      summary: TEXT,
      breaks: { type: 'array', items: TEXT, maxItems: 200 },
    },
  },
} as const;

/**
 * The defects that an implementation can be built or started with, from a JSON file: `name`,
 * `summary`, and in `breaks` the requirements that each breaks.
 *
 * @throws {@link AllocertError} (usage) for a file that cannot be read or is no such list
 */
export function readDefects(file: string): readonly KnownDefect[] {
  const list = contentsOf(file);
  const validate = new Ajv2020({ verbose: true }).compile<readonly KnownDefect[]>(SCHEMA);
  if (!validate(list)) {
    throw usageError(`${file} is not a list of defects: ${violationPhrase(validate.errors)}`);
  }
  const names = list.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw usageError(`${file} lists the defect ${twice} twice`);
  return list.map(({ name, summary, breaks }) => ({ name, summary, breaks }));
}

function contentsOf(file: string): unknown {
  let text: string;
  try {
    text = readWhole(file, LIST_BYTES).toString('utf8');
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown)) throw thrown;
    throw usageError(`the list of defects ${file} cannot be read (${thrown.code})`);
  }
  try {
    return parseJson(text);
  } catch (thrown) {
    throw usageError(`${file} ${(thrown as SyntaxError).message}`);
  }
}
