import { usageError } from '../../../base/errors.ts';
import { meant } from '../../../base/nearest.ts';

/** Machines that agents are built for, by Debian's usual names for them. */
export const ARCHITECTURES = ['x86_64', 'i386', 'aarch64', 'armhf'] as const;

/** One of {@link ARCHITECTURES}. */
export type Architecture = (typeof ARCHITECTURES)[number];

/** Other names that people and tools have for them. */
const ALIASES: Readonly<Record<string, Architecture>> = {
  amd64: 'x86_64',
  'x86-64': 'x86_64',
  i686: 'i386',
  arm64: 'aarch64',
  arm: 'armhf',
  armv7l: 'armhf',
};

/** The architecture of that name, or of another name for it; undefined where none has it. */
export const architectureNamed = (name: string): Architecture | undefined =>
  ARCHITECTURES.find((one) => one === name) ??
  (Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined);

/** A compiler to try, with what makes it compile for the architecture. */
export interface Toolchain {
  readonly command: string;
  readonly flags: readonly string[];
}

/** How agents for one architecture are compiled. */
export interface Toolchains {
  /** In the order in which they are tried. */
  readonly tried: readonly Toolchain[];
  /** Debian packages that bring one of them. */
  readonly packages: string;
}

/**
 * With a 32-bit libc files have 32-bit offsets and times unless told otherwise. The Programs' are
 * 64 bits wide, and must not be cut on the way to a kernel that could have taken them.
 */
const WIDE = ['-D_FILE_OFFSET_BITS=64', '-D_TIME_BITS=64'] as const;

const plain = (command: string): Toolchain => ({ command, flags: [] });
const wide = (command: string, ...flags: readonly string[]): Toolchain => ({
  command,
  flags: [...WIDE, ...flags],
});

/** Of the machine itself. musl first: it makes small programs that run on any kernel. */
const OWN: Toolchains = {
  tried: [plain('musl-gcc'), plain('cc')],
  packages: 'musl-tools, or gcc with libc6-dev',
};

/** With the compilers that Debian's cross packages bring. */
const CROSS: Readonly<Record<Architecture, Toolchains>> = {
  x86_64: {
    tried: [plain('x86_64-linux-gnu-gcc')],
    packages: 'gcc-x86-64-linux-gnu and libc6-dev-amd64-cross',
  },
  i386: {
    tried: [wide('i686-linux-gnu-gcc'), wide('gcc', '-m32')],
    packages: 'gcc-i686-linux-gnu and libc6-dev-i386-cross, or gcc-multilib',
  },
  aarch64: {
    tried: [plain('aarch64-linux-gnu-gcc')],
    packages: 'gcc-aarch64-linux-gnu and libc6-dev-arm64-cross',
  },
  armhf: {
    // A 64-bit kernel with larger pages runs it too, where its parts lie on pages of their own.
    tried: [wide('arm-linux-gnueabihf-gcc', '-Wl,-z,max-page-size=65536')],
    packages: 'gcc-arm-linux-gnueabihf and libc6-dev-armhf-cross',
  },
};

/** Names that Node has for machines whose own compiler serves. */
const OWN_NAMES: Readonly<Record<string, Architecture>> = { x64: 'x86_64', arm64: 'aarch64' };

/**
 * The compilers for an architecture on this machine.
 *
 * @param architecture left out for the machine that this runs on
 * @param machine that machine, as `process.arch` names it
 */
export function toolchainsFor(
  architecture?: Architecture,
  machine: string = process.arch,
): Toolchains {
  if (architecture === undefined || OWN_NAMES[machine] === architecture) return OWN;
  return CROSS[architecture];
}

/**
 * The architecture of that name, or of another name for it.
 *
 * @throws {@link AllocertError} when there is none
 */
export function parseArchitecture(name: string): Architecture {
  const found = architectureNamed(name);
  if (found !== undefined) return found;
  throw usageError(
    `no agents are built for "${name}"; use one of ` +
      `${ARCHITECTURES.join(', ')}${meant(name, ARCHITECTURES)}`,
  );
}
