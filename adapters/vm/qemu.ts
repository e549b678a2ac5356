import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { cacheFolder, makeCacheFolder } from '../../base/cache.ts';
import { machineError, messageOf } from '../../base/errors.ts';

/** Milliseconds within which a guest under KVM must have said its first byte. */
const KVM_PROBE_MS = 5_000;

/** The QEMU of this machine. */
export interface Qemu {
  readonly program: string;
  readonly version: string;
}

/** The first file of that name on the search path. */
export function findOnPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/**
 * QEMU for x86-64 guests: $ALLOCERT_QEMU, else the one on the search path.
 *
 * @throws {@link AllocertError} when there is none, or it does not run
 */
export function findQemu(): Qemu {
  const own = process.env.ALLOCERT_QEMU;
  const program = own !== undefined && own !== '' ? own : findOnPath('qemu-system-x86_64');
  if (program === undefined) {
    throw machineError(
      'vm: targets need QEMU, which is not on this machine; install qemu-system-x86 (Debian) or ' +
        'set ALLOCERT_QEMU to its path',
    );
  }
  try {
    const text = execFileSync(program, ['--version'], { encoding: 'utf8' });
    return { program, version: /version (\S+)/.exec(text)?.[1] ?? 'unknown' };
  } catch (thrown) {
    const why = messageOf(thrown).split('\n')[0];
    throw machineError(
      `cannot run QEMU as ${program} (${why}); install qemu-system-x86 (Debian) or set ALLOCERT_QEMU to its path`,
      thrown,
    );
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

const TCG: Acceleration = {
  name: 'tcg',
  options: ['-accel', 'tcg,thread=multi', '-cpu', 'max'],
  // On a busy host an emulated processor stands still for seconds, which is no fault of its kernel.
  append: 'rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60',
  patience: 4,
};
const KVM: Acceleration = {
  name: 'kvm',
  options: ['-accel', 'kvm', '-cpu', 'host'],
  append: '',
  patience: 1,
};

/**
 * KVM where it really works, else emulation. `/dev/kvm` may exist and still fail or hang, so a
 * kernel is started under it, and must say something soon. The answer is kept until the next boot
 * of this machine.
 */
export async function chooseAcceleration(qemu: Qemu, kernel: string): Promise<Acceleration> {
  if (!mayUseKvm()) return TCG;
  const file = join(cacheFolder(), 'kvm-probe.json');
  const key = `${qemu.version} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  const known = knownAnswer(file, key);
  const works = known ?? (await speaksUnderKvm(qemu, kernel));
  if (known === undefined) {
    makeCacheFolder(dirname(file));
    await writeFile(file, `${JSON.stringify({ key, works })}\n`);
  }
  return works ? KVM : TCG;
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
