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
      oracle: TEXT,
      instrument: TEXT,
      needs: TEXT,
    },
  },
} as const;

/** Defects of an implementation, as their list has them. */
export interface ListedDefects {
  /** Those that break a requirement, or of which nothing says what finds them. */
  readonly forSuites: readonly KnownDefect[];
  /** Those that break none: `oracle` names what finds them instead, such as `faults`. */
  readonly forOthers: readonly { readonly name: string; readonly oracle: string }[];
}

/** A defect as it is written. */
type Written = KnownDefect & { readonly oracle?: string };

/**
 * The defects that an implementation can be built or started with, from a JSON file: `name`,
 * `summary`, in `breaks` the requirements that each breaks, in `oracle` what finds it when no
 * requirement does, in `instrument` that of a kernel which alone shows it, and in `needs` parameters
 * that the target's URL needs beside it.
 *
 * @throws {@link AllocertError} (usage) for a file that cannot be read or is not such a list
 */
export function readDefects(file: string): ListedDefects {
  const list = contentsOf(file);
  const validate = new Ajv2020({ verbose: true }).compile<readonly Written[]>(SCHEMA);
  if (!validate(list)) {
    throw usageError(`${file} is not a list of defects: ${violationPhrase(validate.errors)}`);
  }
  const names = list.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw usageError(`${file} lists the defect ${twice} twice`);
  const forSuites: KnownDefect[] = [];
  const forOthers: { name: string; oracle: string }[] = [];
  for (const { oracle, ...defect } of list) {
    const { name, breaks } = defect;
    if (breaks.length === 0 && oracle !== undefined) forOthers.push({ name, oracle });
    else forSuites.push(defect);
  }
  return { forSuites, forOthers };
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
