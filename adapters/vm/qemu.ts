import { execFileSync } from 'node:child_process';
import { machineError, messageOf } from '../../base/errors.ts';
import { findOnPath } from '../../base/find-on-path.ts';
import type { GuestArchitecture } from './kernels/kernel-image.ts';

/** Milliseconds for QEMU to say its version. */
const VERSION_MS = 30_000;

/** The QEMU of this machine. */
export interface Qemu {
  readonly program: string;
  readonly version: string;
  /** Of its guests. */
  readonly architecture: GuestArchitecture;
}

/** What a guest of an architecture is made of. */
interface Machine {
  /** QEMU's program for it. */
  readonly program: string;
  /** Debian's package of that. */
  readonly package: string;
  /** The variable that names another. */
  readonly variable: string;
  /** The board, as QEMU's options say it. */
  readonly board: readonly string[];
  /** The processor where it is emulated. */
  readonly processor: string;
  /** The console as the kernel's command line names it. */
  readonly console: string;
}

/** Boards with a PCI bus below 4 GiB, where 32-bit kernels find it; a console; nothing else. */
export const MACHINES: Readonly<Record<GuestArchitecture, Machine>> = {
  x86_64: {
    program: 'qemu-system-x86_64',
    package: 'qemu-system-x86',
    variable: 'ALLOCERT_QEMU',
    board: ['-M', 'q35'],
    processor: 'max',
    console: 'ttyS0',
  },
  aarch64: {
    program: 'qemu-system-aarch64',
    package: 'qemu-system-arm',
    variable: 'ALLOCERT_QEMU_AARCH64',
    board: ['-M', 'virt'],
    // It has pages of 4 and 16 KiB, runs 32-bit programs, and no pointer authentication, which is
    // slow to emulate.
    processor: 'cortex-a76',
    console: 'ttyAMA0',
  },
  armhf: {
    program: 'qemu-system-arm',
    package: 'qemu-system-arm',
    variable: 'ALLOCERT_QEMU_ARM',
    board: ['-M', 'virt,highmem=off'],
    processor: 'cortex-a15',
    console: 'ttyAMA0',
  },
};

/**
 * QEMU for guests of an architecture: the one that its variable names, else the one on the search
 * path.
 *
 * @throws {@link AllocertError} when there is none, or it does not run
 */
export function findQemu(architecture: GuestArchitecture = 'x86_64'): Qemu {
  const { program: name, package: bringer, variable } = MACHINES[architecture];
  const own = process.env[variable];
  const program = own !== undefined && own !== '' ? own : findOnPath(name);
  const remedy = `install ${bringer} (Debian) or set ${variable} to its path`;
  if (program === undefined) {
    throw machineError(
      `vm: targets need QEMU, ${name} for this kernel, which is not on this machine; ${remedy}`,
    );
  }
  try {
    const text = execFileSync(program, ['--version'], { encoding: 'utf8', timeout: VERSION_MS });
    return { program, version: /version (\S+)/.exec(text)?.[1] ?? 'unknown', architecture };
  } catch (thrown) {
    const why = messageOf(thrown).split('\n')[0];
    throw machineError(`cannot run QEMU as ${program} (${why}); ${remedy}`, thrown);
  }
}

/**
 * Features by which a kernel clears and copies pages byte by byte: fast in a processor, but QEMU
 * emulates one byte after the other. Without them it takes eight at once, and a page is cleared
 * eight times as fast.
 */
const BY_THE_BYTE = ['erms', 'fsrm', 'fzrm', 'fsrs'] as const;
/** QEMU emulates `erms` alone before this version, and does not know all others by name. */
const EMULATES_MORE = 8;

/** The words of `-cpu` for an emulated processor. */
export function emulatedProcessor({ program, version, architecture }: Qemu): string {
  const { processor } = MACHINES[architecture];
  if (architecture !== 'x86_64') return processor;
  const old = !(Number.parseInt(version, 10) >= EMULATES_MORE);
  const known = old ? ['erms'] : featuresKnown(program);
  const without = BY_THE_BYTE.filter((name) => known.includes(name)).map((name) => `-${name}`);
  return [processor, ...without].join(',');
}

/** The features of processors that QEMU knows by name; what it does not tell costs speed alone. */
function featuresKnown(program: string): readonly string[] {
  try {
    const text = execFileSync(program, ['-cpu', 'help'], { encoding: 'utf8', timeout: VERSION_MS });
    return text.slice(text.indexOf('CPUID flags:')).split(/\s+/);
  } catch {
    return [];
  }
}
