import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { machineError, usageError } from '../../base/errors.ts';

/** How Programs are carried to the executor. */
export type Mode = (typeof MODES)[number];

/** What a `native:` URL asks for. */
export interface NativeTarget {
  /** A device node of this machine, or a vendor's shared library; an absolute path. */
  readonly path: string;
  readonly kind: 'device' | 'library';
  readonly mode: Mode;
}

const MODES = ['contained', 'in-process'] as const;
const FORMS =
  'native:/dev/NODE or native:./LIBRARY.so, either with ?mode=contained or ?mode=in-process';

/**
 * Reads a target URL such as `native:/dev/cma0` or `native:./libvendor.so?mode=in-process`; a path
 * is percent-encoded where needed.
 *
 * @throws {@link AllocertError} for what is no such URL (usage) or is not on this machine (machine)
 */
export function parseNativeTarget(url: string): NativeTarget {
  const rest = url.slice('native:'.length);
  const mark = rest.indexOf('?');
  const place = decode(mark < 0 ? rest : rest.slice(0, mark), url);
  const mode = parseMode(mark < 0 ? '' : rest.slice(mark + 1), url);
  const kind = /\.so(?:\.\d+)*$/.test(place) ? 'library' : 'device';
  const sound = kind === 'library' ? /^\.{0,2}\//.test(place) : place.startsWith('/');
  if (!sound || place.includes('\0')) {
    throw usageError(`${url} names neither a device nor a library; use ${FORMS}`);
  }
  const path = resolve(place);
  if (!existsSync(path)) {
    throw machineError(
      `${url} cannot be opened: there is no ${path} here; name ` +
        `${kind === 'device' ? 'a device node of this machine' : 'the library as it was built'}`,
    );
  }
  return { path, kind, mode };
}

function parseMode(query: string, url: string): Mode {
  let mode: Mode = 'contained';
  for (const [name, value] of new URLSearchParams(query)) {
    const found = MODES.find((one) => one === value);
    if (name !== 'mode' || found === undefined) {
      throw usageError(`${url} has the unknown option ${name}=${value}; use ${FORMS}`);
    }
    mode = found;
  }
  return mode;
}

function decode(text: string, url: string): string {
  try {
    return decodeURIComponent(text);
  } catch (thrown) {
    if (thrown instanceof URIError) throw usageError(`${url} is not percent-encoded correctly`);
    throw thrown;
  }
}
