import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { usageError } from '../../base/errors.ts';
import { percentDecoded, splitTarget } from '../../base/target-url.ts';
import { kernelNamed } from './kernels/registry.ts';

/** A `vm:` URL, parsed. */
export interface VmTarget {
  /** One of the kernels that have names, or the path of an image. */
  readonly kernel: string;
  /** What follows the kernel's name after an `@`. */
  readonly version?: string;
  /** The region's device node inside the guest. */
  readonly region: string;
  /** More words for the kernel's command line. */
  readonly append: string;
  /** Modules to load, in order. */
  readonly modules: readonly VmModule[];
  readonly memoryMiB: number;
  /** The agent's architecture; a 64-bit PC's kernel runs 32-bit programs too. */
  readonly agent: GuestAgent;
}

/** Architectures whose agents run in the guest, which is a 64-bit PC. */
export type GuestAgent = (typeof GUEST_AGENTS)[number];

/** A kernel module and its parameters. */
export interface VmModule {
  readonly path: string;
  readonly parameters: readonly string[];
}

const MEMORY_MIB = 1024;
const MEMORY_MIB_MIN = 128;
const GUEST_AGENTS = ['x86_64', 'i386'] as const;
const PARAMETERS = {
  names: ['kernel', 'append', 'module', 'memory', 'agent'],
  repeated: ['append', 'module'],
} as const;
const FORMS = 'vm:debian/dma_heap/system or vm:/dev/NODE?kernel=IMAGE&append=…&module=x.ko,param=1';

/**
 * Reads a target URL such as `vm:debian/dma_heap/system` or
 * `vm:/dev/cma0?kernel=bzImage&module=x.ko,param=1`; values are percent-encoded where needed.
 *
 * @throws {@link AllocertError} for what is unknown, contradictory or not there
 */
export function parseVmTarget(url: string): VmTarget {
  const parts = splitTarget(url, url.slice('vm:'.length), PARAMETERS);
  const place = percentDecoded(url, parts.place);
  const modules = parts.all('module').map((text) => parseModule(text, url));
  return {
    ...parsePlace(place, parts.get('kernel'), url),
    append: parts.all('append').join(' '),
    modules,
    memoryMiB: parseMemory(parts.get('memory'), url),
    agent: parseAgent(parts.get('agent') ?? 'x86_64', url),
  };
}

type Place = Pick<VmTarget, 'kernel' | 'version' | 'region'>;

function parsePlace(place: string, own: string | undefined, url: string): Place {
  if (place.startsWith('/dev/')) {
    if (own === undefined) throw usageError(`${url} names no kernel; add ?kernel=IMAGE`);
    if (!existsSync(own)) throw usageError(`${url} names the kernel ${own}, which is not there`);
    return { kernel: own, region: place };
  }
  const [, name = '', version, region = ''] =
    /^([^/@]*)(?:@([^/]*))?(?:\/(.*))?$/.exec(place) ?? [];
  const known = kernelNamed(name);
  if (known === undefined) throw usageError(`${url} names no kernel that is known; use ${FORMS}`);
  if (own !== undefined) throw usageError(`${url} names two kernels; use ${FORMS}`);
  if (version !== undefined && !known.versioned) {
    throw usageError(`${url} asks for a version of ${name}, of which there is only one`);
  }
  if (region === '') throw usageError(`${url} names no device; use ${FORMS}`);
  const asked = version === undefined ? {} : { version };
  return { kernel: name, ...asked, region: `/dev/${region}` };
}

function parseModule(text: string, url: string): VmModule {
  const [path = '', ...parameters] = text.split(',');
  if (!existsSync(path)) throw usageError(`${url} names the module ${path}, which is not there`);
  const wrong = parameters.find((parameter) => /\s/.test(parameter));
  if (wrong !== undefined) {
    throw usageError(`${url}: the parameter "${wrong}" of ${basename(path)} holds white space`);
  }
  return { path, parameters };
}

function parseMemory(text: string | undefined, url: string): number {
  if (text === undefined) return MEMORY_MIB;
  const value = Number(text);
  if (!Number.isInteger(value) || value < MEMORY_MIB_MIN) {
    throw usageError(`${url}: memory is a whole number of MiB, at least ${MEMORY_MIB_MIN}`);
  }
  return value;
}

function parseAgent(text: string, url: string): GuestAgent {
  const found = GUEST_AGENTS.find((architecture) => architecture === text);
  if (found !== undefined) return found;
  throw usageError(`${url}: the guest runs agents for ${GUEST_AGENTS.join(' and ')} only`);
}
