import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Ajv2020 } from 'ajv/dist/2020.js';

/** SHA-256 by the path of a file in its catalogue. */
export type CheckedFiles = Readonly<Record<string, string>>;

/**
 * Where the build lists the files that fitted the schema. They are not checked again: the validator
 * takes longer to load and to compile than everything else that lists and explains rules.
 */
export const CHECKED_FILES = new URL('./checked.json', import.meta.url);

const SCHEMA = 'schema.json';

/** Reads the files of a catalogue, each checked by its schema: now, or when allocert was built. */
export class CatalogueFiles {
  /** What {@link CatalogueFiles.read} has read, and the schema. */
  readonly digests: Record<string, string> = {};
  readonly #folder: string;
  readonly #schema: string;
  readonly #checked: CheckedFiles;
  #ajv: Ajv2020 | undefined;

  /** @param checked files that need no check; left out: what the build has listed */
  constructor(folder: string, checked: CheckedFiles = checkedByBuild()) {
    this.#folder = folder;
    this.#schema = this.#textOf(SCHEMA);
    // Another schema may ask for more.
    this.#checked = checked[SCHEMA] === this.digests[SCHEMA] ? checked : {};
  }

  /**
   * The value in a file.
   *
   * @param definition the name of its form in the schema
   * @throws Error naming the file and the place when it does not fit the schema
   */
  read(path: string, definition: string): unknown {
    const value: unknown = JSON.parse(this.#textOf(path));
    if (this.#checked[path] !== this.digests[path]) this.#check(path, definition, value);
    return value;
  }

  #check(path: string, definition: string, value: unknown): void {
    this.#ajv ??= validator(this.#schema);
    const validate = this.#ajv.getSchema(`catalogue#/$defs/${definition}`);
    if (validate === undefined) throw new Error(`the catalogue's schema lacks ${definition}`);
    if (validate(value)) return;
    const error = validate.errors?.[0];
    const place = error?.instancePath || 'the top';
    throw new Error(`${join(this.#folder, path)}: at ${place}, ${error?.message}`);
  }

  #textOf(path: string): string {
    const bytes = readFileSync(join(this.#folder, path));
    this.digests[path] = createHash('sha256').update(bytes).digest('hex');
    return bytes.toString('utf8');
  }
}

const checkedByBuild = (): CheckedFiles =>
  existsSync(CHECKED_FILES) ? JSON.parse(readFileSync(CHECKED_FILES, 'utf8')) : {};

function validator(schema: string): Ajv2020 {
  const require = createRequire(import.meta.url);
  const ajv2020: typeof import('ajv/dist/2020.js') = require('ajv/dist/2020.js');
  const ajv = new ajv2020.Ajv2020({ strict: true, allowUnionTypes: true });
  return ajv.addSchema(JSON.parse(schema), 'catalogue');
}
