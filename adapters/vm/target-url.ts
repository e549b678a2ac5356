import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { usageError } from '../../base/errors.ts';
import { chooseFrom, nearest } from '../../base/nearest.ts';
import { percentDecoded, splitTarget, type TargetParts } from '../../base/target-url.ts';
import { type Architecture, architectureNamed } from '../executor/build/architectures.ts';
import { type DeclaredRegion, parseDeclared } from '../protocol/declared-region.ts';
import type { GuestArchitecture } from './kernels/kernel-image.ts';
import { KERNELS, kernelNamed } from './kernels/registry.ts';
import { moduleDefects, type OwnModules, type VmModule } from './modules/own-modules.ts';

/** A `vm:` URL, parsed. */
export interface VmTarget {
  /** One of the kernels that have names, or the path of an image. */
  readonly kernel: string;
  /** What follows the kernel's name after an `@`. */
  readonly version?: string;
  readonly architecture: GuestArchitecture;
  /** The region's device node inside the guest. */
  readonly region: string;
  /** More words for the kernel's command line. */
  readonly append: string;
  /** Modules to load, in order, after allocert's own. */
  readonly modules: readonly VmModule[];
  /** How allocert's own modules are to act, where they are behind the region. */
  readonly own?: OwnModules;
  readonly memoryMiB: number;
  /** Seconds without a word on its console after which a guest that starts has failed. */
  readonly silenceSeconds: number;
  /** What the URL says of the region under test. */
  readonly declared: DeclaredRegion;
  /** The agent's architecture: a 64-bit kernel runs 32-bit programs too. */
  readonly agent: Architecture;
}

const MEMORY_MIB = 1024;
const MEMORY_MIB_MIN = 128;
const SILENCE_SECONDS = 60;

/** Agents that kernels run, the usual one first. */
const AGENTS: Readonly<Record<GuestArchitecture, readonly [Architecture, ...Architecture[]]>> = {
  x86_64: ['x86_64', 'i386'],
  aarch64: ['aarch64', 'armhf'],
  armhf: ['armhf'],
};

/** Architectures whose programs a guest runs, its own first. */
export const agentsOf = (architecture: GuestArchitecture): readonly Architecture[] =>
  AGENTS[architecture];

const BEHAVIOURS = ['hardened', 'rfc-v2'] as const;
const REGIONS_MAX = 8;
/** Microseconds; a request that takes longer is no race any more but a hang. */
const WINDOW_MAX_US = 100_000;
const OF_OWN_MODULES = ['behaviour', 'defect', 'regions', 'window_us'] as const;
const NAMES = [
  'kernel',
  'append',
  'module',
  'memory',
  'agent',
  'silence',
  'bounded',
  ...OF_OWN_MODULES,
] as const;
const PARAMETERS = { names: NAMES, repeated: ['append', 'module'] } as const;
type Parts = TargetParts<(typeof NAMES)[number]>;

const FORMS = 'vm:debian/dma_heap/system or vm:/dev/NODE?kernel=IMAGE&append=…&module=x.ko,param=1';

/**
 * Reads a target URL such as `vm:debian/dma_heap/system`, `vm:debian@7.3/cma0?behaviour=rfc-v2` or
 * `vm:/dev/cma0?kernel=bzImage&module=x.ko,param=1`; values are percent-encoded where needed.
 *
 * @throws {@link AllocertError} for what is unknown, contradictory or not there
 */
export function parseVmTarget(url: string): VmTarget {
  const parts = splitTarget(url, url.slice('vm:'.length), PARAMETERS);
  const place = parsePlace(percentDecoded(url, parts.place), parts.get('kernel'), url);
  const own = parseOwnModules(place, parts, url);
  return {
    ...place,
    append: parts.all('append').join(' '),
    modules: parts.all('module').map((text) => parseModule(text, url)),
    ...(own === undefined ? {} : { own }),
    memoryMiB: parseMemory(parts.get('memory'), url),
    silenceSeconds: parseSilence(parts.get('silence'), url),
    declared: parseDeclared(parts.get('bounded'), url),
    agent: parseAgent(parts.get('agent'), place.architecture, url),
  };
}

type Place = Pick<VmTarget, 'kernel' | 'version' | 'architecture' | 'region'>;

function parsePlace(place: string, image: string | undefined, url: string): Place {
  if (place.startsWith('/dev/')) {
    if (image === undefined) throw usageError(`${url} names no kernel; add ?kernel=IMAGE`);
    if (!existsSync(image))
      throw usageError(`${url} names the kernel ${image}, which is not there`);
    return { kernel: image, architecture: 'x86_64', region: place };
  }
  const slash = place.indexOf('/');
  const [name = '', version] = (slash < 0 ? place : place.slice(0, slash)).split('@');
  const kernel = kernelNamed(name);
  if (kernel === undefined) {
    const known = KERNELS.map((one) => one.name).join(', ');
    throw usageError(`${url} names no kernel that is known (${known}); use ${FORMS}`);
  }
  if (image !== undefined) throw usageError(`${url} names two kernels; use ${FORMS}`);
  if (version !== undefined) requireVersion(kernel.versioned, name, version, url);
  const region = slash < 0 ? '' : place.slice(slash + 1);
  if (region === '') throw usageError(`${url} names no device; use ${FORMS}`);
  return {
    kernel: kernel.name,
    ...(version === undefined ? {} : { version }),
    architecture: kernel.architecture,
    region: `/dev/${region}`,
  };
}

function requireVersion(versioned: boolean, name: string, version: string, url: string): void {
  if (!versioned)
    throw usageError(`${url}: only one ${name} kernel exists, so leave @${version} out`);
  if (/^\d+(\.\d+)+$/.test(version)) return;
  throw usageError(`${url}: "${version}" is not a version of a kernel; write one such as @7.3`);
}

/** The modules are behind every `cmaN` of a kernel that has a name. */
function parseOwnModules(place: Place, parts: Parts, url: string): OwnModules | undefined {
  const index = /^\/dev\/cma(\d)$/.exec(place.region)?.[1];
  const named = kernelNamed(place.kernel) !== undefined;
  if (index === undefined || !named) {
    const given = OF_OWN_MODULES.find((name) => parts.get(name) !== undefined);
    if (given === undefined) return undefined;
    throw usageError(`${url}: ${given}= is about the module behind vm:KERNEL/cma0; leave it out`);
  }
  const least = Number(index) + 1;
  if (least > REGIONS_MAX) {
    throw usageError(`${url}: there is no cma${index}; nodes are cma0 to cma${REGIONS_MAX - 1}`);
  }
  const regions = Number(parts.get('regions') ?? Math.max(2, least));
  if (!Number.isInteger(regions) || regions < least || regions > REGIONS_MAX) {
    throw usageError(`${url}: regions is a whole number from ${least} to ${REGIONS_MAX}`);
  }
  const behaviour = parts.get('behaviour') ?? 'hardened';
  if (!BEHAVIOURS.some((known) => known === behaviour)) {
    throw usageError(
      `${url}: there is no behaviour "${behaviour}"; ${chooseFrom(behaviour, BEHAVIOURS)}`,
    );
  }
  const defect = parts.get('defect');
  if (defect !== undefined) requireDefect(defect, url);
  return {
    behaviour,
    regions,
    ...(defect === undefined ? {} : { defect }),
    ...windowOf(parts.get('window_us'), behaviour, url),
  };
}

function windowOf(
  text: string | undefined,
  behaviour: string,
  url: string,
): Pick<OwnModules, 'window_us'> {
  if (text === undefined) return {};
  if (behaviour !== 'rfc-v2') {
    throw usageError(`${url}: window_us= widens races of the posted code; add behaviour=rfc-v2`);
  }
  const wanted = Number(text);
  if (/^\d+$/.test(text) && wanted <= WINDOW_MAX_US) return { window_us: wanted };
  throw usageError(`${url}: window_us is a whole number of microseconds, at most ${WINDOW_MAX_US}`);
}

function requireDefect(name: string, url: string): void {
  const known = moduleDefects();
  if (known.includes(name)) return;
  const near = nearest(name, known);
  const hint = near === undefined ? 'targets/linux/defects.json has all' : `did you mean ${near}?`;
  throw usageError(`${url}: the module has no defect "${name}"; ${hint}`);
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

function parseSilence(text: string | undefined, url: string): number {
  const value = Number(text ?? SILENCE_SECONDS);
  if (Number.isInteger(value) && value > 0 && value <= 3600) return value;
  throw usageError(`${url}: silence is a whole number of seconds, from 1 to 3600`);
}

function parseAgent(
  text: string | undefined,
  architecture: GuestArchitecture,
  url: string,
): Architecture {
  const [usual, ...others] = AGENTS[architecture];
  const named = text === undefined ? undefined : architectureNamed(text);
  const found = [usual, ...others].find((one) => one === named);
  if (text === undefined || found !== undefined) return found ?? usual;
  throw usageError(`${url}: the guest runs agents for ${[usual, ...others].join(' and ')} only`);
}
