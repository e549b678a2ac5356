import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { machineError, usageError } from '../../base/errors.ts';
import { percentDecoded, splitTarget } from '../../base/target-url.ts';
import { type DeclaredRegion, parseDeclared } from '../protocol/declared-region.ts';

/** How Programs are carried to the executor. */
export type NativeMode = (typeof MODES)[number];

/** A `native:` URL, parsed. */
export interface NativeTarget {
  /** A device node of this machine, or a vendor's shared library; an absolute path. */
  readonly path: string;
  readonly kind: 'device' | 'library';
  readonly mode: NativeMode;
  /** What the URL says of a device's region. */
  readonly declared: DeclaredRegion;
  /** Whether clients give up what they do not need; in-process they are Node's, and do not. */
  readonly confined: boolean;
}

const MODES = ['contained', 'in-process'] as const;
const NAMES = ['mode', 'confine', 'bounded'] as const;
const FORMS =
  'native:/dev/NODE or native:./LIBRARY.so, either with ?mode=contained or ?mode=in-process';

/**
 * Reads a target URL such as `native:/dev/cma0` or `native:./libvendor.so?mode=in-process`; a path
 * is percent-encoded where needed.
 *
 * @throws {@link AllocertError} for what is no such URL (usage) or is not on this machine (machine)
 */
export function parseNativeTarget(url: string): NativeTarget {
  const parts = splitTarget(url, url.slice('native:'.length), { names: NAMES });
  const place = percentDecoded(url, parts.place);
  const mode = parseMode(parts.get('mode') ?? 'contained', url);
  const kind = /\.so(?:\.\d+)*$/.test(place) ? 'library' : 'device';
  const sound = kind === 'library' ? /^\.{0,2}\//.test(place) : place.startsWith('/');
  if (!sound || place.includes('\0')) {
    throw usageError(`${url} names neither a device nor a library; use ${FORMS}`);
  }
  const path = resolve(place);
  if (!existsSync(path)) {
    throw machineError(
      `${url} cannot be opened: ${path} does not exist; name ` +
        `${kind === 'device' ? 'a device node of this machine' : 'the library as it was built'}`,
    );
  }
  const declared = parseDeclared(parts.get('bounded'), url);
  if (kind === 'library' && declared.bounded !== undefined) {
    throw usageError(`${url}: a library says in region_bytes what it has; leave bounded= out`);
  }
  return { path, kind, mode, declared, confined: isConfined(parts.get('confine'), mode, url) };
}

function isConfined(asked: string | undefined, mode: NativeMode, url: string): boolean {
  if (asked === undefined || asked === 'no') return asked === undefined && mode === 'contained';
  if (asked !== 'yes') throw usageError(`${url} has confine=${asked}; use confine=yes or no`);
  if (mode === 'contained') return true;
  throw usageError(`${url} cannot be confined: mode=in-process has clients of Node; leave it out`);
}

function parseMode(text: string, url: string): NativeMode {
  const found = MODES.find((one) => one === text);
  if (found !== undefined) return found;
  throw usageError(`${url} has the unknown option mode=${text}; use ${FORMS}`);
}
