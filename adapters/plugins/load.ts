import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { announceCode, inTime } from '../../base/code-of-others.ts';
import { AllocertError, machineError, messageOf, usageError } from '../../base/errors.ts';
import { thrownAt } from '../../base/thrown-at.ts';
import type { Adapter } from '../contract/session.ts';
import { guardAdapter } from './guard.ts';

/** The function that a module exports, as `open` or by default, to be a target. */
export type OpenAdapter = (url: string) => Adapter | Promise<Adapter>;

/** How a target names a module: the part before `?` is looked up, the whole is passed on. */
interface ModuleName {
  readonly kind: 'file' | 'package';
  readonly name: string;
}

const FILE = /^(?:\.{1,2}\/|\/)[^?]*/;
const PACKAGE = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*(?:\/[\w.-]+)*(?=\?|$)/;

/**
 * Whether a target names a module: a path that starts with `./`, `../` or `/`, or the name of a
 * package. A scheme has a colon and neither of these has one before its `?`.
 */
export const isModuleTarget = (target: string): boolean => moduleName(target) !== undefined;

function moduleName(target: string): ModuleName | undefined {
  const [file] = FILE.exec(target) ?? [];
  if (file !== undefined) return { kind: 'file', name: file };
  const [name] = PACKAGE.exec(target) ?? [];
  return name === undefined ? undefined : { kind: 'package', name };
}

/**
 * Opens the adapter that a module of someone else exports. Whatever it throws becomes one sentence
 * that names the module.
 *
 * @param target a file or a package, `?` and anything that the module understands after it
 * @throws {@link AllocertError} for what is no adapter (usage) or fails (machine)
 */
export async function openModule(target: string): Promise<Adapter> {
  const found = moduleName(target);
  if (found === undefined) throw usageError(`"${target}" names no module`);
  const { name } = found;
  const location = found.kind === 'file' ? locateFile(name) : locatePackage(name);
  announceCode(`the adapter ${name}`);
  const open = openFunction(await load(location, name), name);
  let adapter: unknown;
  try {
    adapter = await inTime(`the function that the adapter ${name} exports`, () => open(target));
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    throw machineError(
      `the adapter ${name} could not be opened: ${messageOf(thrown)}${thrownAt(thrown)}`,
      thrown,
    );
  }
  return guardAdapter(checkAdapter(adapter, name), target);
}

function locateFile(name: string): string {
  const path = resolve(name);
  if (!existsSync(path)) throw usageError(`there is no file ${name}; check the path`);
  if (!statSync(path).isFile()) {
    throw usageError(`${name} is a directory; name the file in it that exports the adapter`);
  }
  return pathToFileURL(path).href;
}

/** Looks in the user's project first, then beside allocert, where global packages lie. */
function locatePackage(name: string): string {
  try {
    return pathToFileURL(createRequire(join(process.cwd(), 'target.js')).resolve(name)).href;
  } catch {
    // Not in the project, or only for `import`: the second look decides.
  }
  try {
    return import.meta.resolve(name);
  } catch (thrown) {
    if (isFileHere(name)) {
      throw usageError(
        `there is no package ${name}; did you mean ./${name}? (a file starts with ./)`,
      );
    }
    throw usageError(
      `"${name}" is not a target: it is neither a URL such as sim: nor a package that is ` +
        `installed here ` +
        `(a file starts with ./): ${firstLine(messageOf(thrown))}`,
    );
  }
}

const isFileHere = (name: string): boolean =>
  statSync(resolve(name), { throwIfNoEntry: false })?.isFile() === true;

async function load(location: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await inTime(`the module ${name}`, () => import(location));
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    const reason = firstLine(messageOf(thrown)) + thrownAt(thrown);
    throw machineError(`the module ${name} could not be loaded: ${reason}`, thrown);
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

function openFunction(module: Readonly<Record<string, unknown>>, name: string): OpenAdapter {
  const open = module.open ?? module.default;
  if (typeof open === 'function') return open as OpenAdapter;
  throw usageError(
    `${name} is not an adapter: ${exportsOf(module)}, but must export a function (url) => Adapter ` +
      'by default or as open; see docs/writing-an-adapter.md',
  );
}

/** What a module exports that is no adapter. */
function exportsOf(module: Readonly<Record<string, unknown>>): string {
  const [one, ...more] = Object.keys(module);
  if (one === undefined) return 'it exports nothing';
  if (more.length > 0 || one !== 'default') return `it exports ${[one, ...more].join(', ')}`;
  const given = module.default;
  const kind =
    given === null || given === undefined ? String(given) : `a value of type ${typeof given}`;
  return `its default export is ${PLAIN[typeof given] ?? kind}`;
}

const PLAIN: Readonly<Record<string, string>> = {
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
};

function checkAdapter(given: unknown, name: string): Adapter {
  const adapter = given as Partial<Adapter> | null | undefined;
  const lacks = ['open', 'close'].filter(
    (method) => typeof adapter?.[method as 'open' | 'close'] !== 'function',
  );
  if (lacks.length === 0) return adapter as Adapter;
  throw usageError(
    `${name} is not an adapter: the object that it returned lacks ` +
      `${lacks.map((one) => `${one}()`).join(' and ')}; see ` +
      'docs/writing-an-adapter.md',
  );
}
