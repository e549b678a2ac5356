import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { usageError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import type { Adapter } from './contract/index.ts';
import { isModuleTarget, openModule } from './plugins/load.ts';

/** A kind of target: the scheme of its URLs and how one is opened. */
export interface Scheme {
  readonly scheme: string;
  /** A few words and an example, for help and sentences. */
  readonly summary: string;
  /** Loads the adapter's code only when such a target is asked for. */
  open(url: string): Promise<Adapter>;
}

/** Every kind of target, in the order in which they are listed. */
export const SCHEMES: readonly Scheme[] = [
  {
    scheme: 'sim',
    summary: 'the simulator, sim: or sim:?behaviour=rfc-v2&defect=no-zeroing',
    open: async (url) => (await import('./simulator/adapter.ts')).openSimulator(url),
  },
  {
    scheme: 'vm',
    summary: 'a kernel in QEMU, vm:debian/dma_heap/system',
    open: async (url) => (await import('./vm/adapter.ts')).openVm(url),
  },
  {
    scheme: 'replay',
    summary: 'a recorded run, replay:allocert-report',
    open: async (url) => (await import('./replay/adapter.ts')).openReplay(url),
  },
  {
    scheme: 'native',
    summary: 'a device node or a library of this machine, native:/dev/cma0',
    open: async (url) => (await import('./native/adapter.ts')).openNative(url),
  },
  {
    scheme: 'remote',
    summary: 'a daemon or an agent elsewhere, remote:unix:/run/allocert.sock',
    open: async (url) => (await import('./remote/adapter.ts')).openRemote(url),
  },
];

/**
 * The adapter of a target: a URL of one of {@link SCHEMES}, or a module of someone else. Nothing is
 * started yet.
 *
 * @throws {@link AllocertError} for a malformed URL (usage) or what this machine cannot open
 * (machine)
 */
export async function openTarget(url: string): Promise<Adapter> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1];
  const found = SCHEMES.find((one) => one.scheme === scheme);
  if (found !== undefined) return found.open(url);
  const known = SCHEMES.map((one) => `${one.scheme}:`);
  const meant = scheme === undefined ? likelyTarget(url) : undefined;
  if (meant !== undefined) throw usageError(`"${url}" is not a target: did you mean ${meant}?`);
  const near = nearest(`${scheme ?? url}:`, known);
  if (near === undefined && isModuleTarget(url)) return openModule(url);
  const hint = near === undefined ? '' : ` did you mean ${near}?`;
  throw usageError(
    `"${url}" is not a target:${hint} A target is a URL that starts with ${known.join(', ')}, ` +
      'a module such as ./my-adapter.js, or a package',
  );
}

/** The URL that a plain path was most likely to be; undefined for a module, or for none. */
function likelyTarget(path: string): string | undefined {
  if (/^\/dev\//.test(path)) return `native:${path}`;
  const file = path.replace(/\?.*$/s, '');
  const place = /^\.{0,2}\//.test(path) ? path : `./${path}`;
  if (/\.so(?:\.\d+)*$/.test(file)) return `native:${place}`;
  if (existsSync(join(file, 'evidence.ndjson'))) return `replay:${path}`;
  if (/^(?:bzImage|vmlinuz|Image)/.test(basename(file)) && existsSync(file)) {
    return `vm:/dev/cma0?kernel=${path}`;
  }
  return undefined;
}
