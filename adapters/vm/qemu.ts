import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder, makeCacheFolder } from '../../base/cache.ts';
import { machineError, messageOf } from '../../base/errors.ts';
import { findOnPath } from '../../base/find-on-path.ts';
import type { GuestArchitecture } from './kernels/kernel-image.ts';

/** Milliseconds for QEMU to say its version. */
const VERSION_MS = 30_000;
/** Milliseconds within which a guest under KVM must have said its first byte. */
const KVM_PROBE_MS = 5_000;

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

/** How a guest is executed, as QEMU's options say it. */
export interface Acceleration {
  readonly name: 'kvm' | 'tcg';
  readonly options: readonly string[];
  /** Words for the kernel's command line. */
  readonly append: string;
  /** How many times longer than on the machine itself anything may take. */
  readonly patience: number;
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

const emulated = (qemu: Qemu): Acceleration => ({
  name: 'tcg',
  options: ['-accel', 'tcg,thread=multi', '-cpu', emulatedProcessor(qemu)],
  // On a busy host an emulated processor stands still for seconds, which is no fault of its kernel.
  append: 'rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60',
  patience: 4,
});
const KVM: Acceleration = {
  name: 'kvm',
  options: ['-accel', 'kvm', '-cpu', 'host'],
  append: '',
  patience: 1,
};

/**
 * KVM where it really works, for guests like PCs, else emulation. `/dev/kvm` may exist and still fail or hang, so a
 * kernel is started under it, and must say something soon. The answer is kept until the next boot
 * of this machine.
 */
export async function chooseAcceleration(qemu: Qemu, kernel: string): Promise<Acceleration> {
  if (qemu.architecture !== 'x86_64' || !mayUseKvm()) return emulated(qemu);
  const file = join(cacheFolder(), 'kvm-probe.json');
  const key = `${qemu.version} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  const known = knownAnswer(file, key);
  const works = known ?? (await speaksUnderKvm(qemu, kernel));
  if (known === undefined) {
    makeCacheFolder(dirname(file));
    await writeFile(file, `${JSON.stringify({ key, works })}\n`);
  }
  return works ? KVM : emulated(qemu);
}

function mayUseKvm(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false; // Absent or forbidden: emulation it is.
  }
}

function knownAnswer(file: string, key: string): boolean | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const answer = JSON.parse(readFileSync(file, 'utf8'));
    return answer.key === key ? answer.works === true : undefined;
  } catch {
    return undefined; // A torn file says nothing; the probe is run again.
  }
}

function speaksUnderKvm(qemu: Qemu, kernel: string): Promise<boolean> {
  return new Promise((resolve) => {
    const machine = ['-M', 'q35', '-nodefaults', '-display', 'none', '-no-reboot', '-m', '256'];
    const boot = ['-kernel', kernel, '-append', 'console=ttyS0 earlyprintk=ttyS0 panic=-1'];
    const child = spawn(qemu.program, [...machine, ...KVM.options, ...boot, '-serial', 'stdio'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const answer = (works: boolean): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(works);
    };
    const timer = setTimeout(() => answer(false), KVM_PROBE_MS);
    child.stdout.once('data', () => answer(true));
    child.once('exit', () => answer(false));
    child.once('error', () => answer(false));
  });
}
