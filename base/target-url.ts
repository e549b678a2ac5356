import { usageError } from './errors.ts';
import { meant } from './nearest.ts';

/** The parameters that a kind of target takes after the `?` of its URL. */
export interface ParameterNames<Name extends string> {
  /** All of them, in the order in which a sentence lists them. */
  readonly names: readonly Name[];
  /** Those of {@link names} that may be given any number of times; the others once. */
  readonly repeated?: readonly Name[];
}

/** A target URL after its scheme: what stands before the `?`, and the decoded parameters. */
export interface TargetParts<Name extends string> {
  /** Still as typed; {@link percentDecoded} decodes it where the scheme says so. */
  readonly place: string;
  /** The first value of a parameter; undefined where it is not given. */
  get(name: Name): string | undefined;
  /** Every value of a parameter that may be given repeatedly, in the order in which they stand. */
  all(name: Name): readonly string[];
}

/**
 * Splits a target URL into its place and its parameters, in the one way that all schemes share:
 * `name=value` pairs between `&`, both percent-encoded where needed. A `+` is a plus and never a
 * space, since paths and kernel command lines contain it.
 *
 * @param url the whole URL, for sentences
 * @param rest what follows the scheme, such as `/dev/cma0?kernel=bzImage` of a `vm:` URL
 * @throws {@link AllocertError} (usage) for a parameter that is unknown, comes twice, has no value,
 * or is not percent-encoded correctly
 */
export function splitTarget<Name extends string>(
  url: string,
  rest: string,
  parameters: ParameterNames<Name>,
): TargetParts<Name> {
  const mark = rest.indexOf('?');
  const place = mark < 0 ? rest : rest.slice(0, mark);
  const given = parametersOf(url, mark < 0 ? '' : rest.slice(mark + 1), parameters);
  return {
    place,
    get: (name) => given.get(name)?.[0],
    all: (name) => given.get(name) ?? [],
  };
}

function parametersOf(
  url: string,
  query: string,
  { names, repeated = [] }: ParameterNames<string>,
): ReadonlyMap<string, readonly string[]> {
  const given = new Map<string, readonly string[]>();
  for (const pair of query.split('&').filter((text) => text !== '')) {
    const equals = pair.indexOf('=');
    const name = percentDecoded(url, equals < 0 ? pair : pair.slice(0, equals));
    if (!names.includes(name)) {
      const hint = `it has ${names.join(', ')}${meant(name, names)}`;
      throw usageError(`${url} has no parameter "${name}"; ${hint}`);
    }
    if (equals < 0) throw usageError(`${url} gives ${name} no value; write ${name}=VALUE`);
    const before = given.get(name) ?? [];
    if (before.length > 0 && !repeated.includes(name)) {
      throw usageError(`${url} takes ${name} once; remove all but one`);
    }
    given.set(name, [...before, percentDecoded(url, pair.slice(equals + 1))]);
  }
  return given;
}

/**
 * A part of a target URL with its percent-encoding undone.
 *
 * @param url the whole URL, for the sentence
 * @throws {@link AllocertError} (usage) for a `%` that begins no encoded byte
 */
export function percentDecoded(url: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (thrown) {
    if (thrown instanceof URIError) {
      throw usageError(`${url} holds a % that is not percent-encoding; write %25 for a plain one`);
    }
    throw thrown;
  }
}
