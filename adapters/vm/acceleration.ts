import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder, makeCacheFolder } from '../../base/cache.ts';
import { emulatedProcessor, type Qemu } from './qemu.ts';

/** Milliseconds of silence after which a guest under KVM counts as stopped. */
const SILENCE_MS = 5_000;
/** Milliseconds for a kernel to come to its first process. */
const BOOT_MS = 30_000;
/** Text on the console that is kept: what is looked for may come in two pieces. */
const KEPT = 200;
/**
 * What a kernel says once all of it has started: that it runs its first process, or that it has
 * none to run.
 */
const STARTED = /Run \/\S+ as init|Kernel panic - not syncing: (?:VFS|No working init)/;

/** How a guest is executed, as QEMU's options say it. */
export interface Acceleration {
  readonly name: 'kvm' | 'tcg';
  readonly options: readonly string[];
  /** Words for the kernel's command line. */
  readonly append: string;
  /** How many times longer than on the machine itself anything may take. */
  readonly patience: number;
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
 * KVM where it really works, for guests like PCs, else emulation. `/dev/kvm` may exist and still
 * fail or hang: nested hypervisors run some guests to the kernel's decompression and no further. So
 * a kernel is started under it, and must come to its first process. The answer is kept until the
 * next boot of this machine.
 */
export async function chooseAcceleration(qemu: Qemu, kernel: string): Promise<Acceleration> {
  if (qemu.architecture !== 'x86_64' || !mayUseKvm()) return emulated(qemu);
  const known = knownToWork(qemu);
  const works = known ?? (await startsUnderKvm(qemu, kernel));
  if (known === undefined) {
    const file = answerFile();
    makeCacheFolder(dirname(file));
    await writeFile(file, `${JSON.stringify({ key: answerKey(qemu), works })}\n`);
  }
  return works ? KVM : emulated(qemu);
}

const answerFile = (): string => join(cacheFolder(), 'kvm-probe.json');

/** What an answer is for. Earlier versions asked for less than a whole boot. */
const answerKey = ({ version }: Qemu): string =>
  `boot ${version} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;

/** Whether guests start under KVM, by the last answer since this machine booted. */
export function knownToWork(qemu: Qemu): boolean | undefined {
  const file = answerFile();
  if (!existsSync(file)) return undefined;
  try {
    const answer = JSON.parse(readFileSync(file, 'utf8'));
    return answer.key === answerKey(qemu) ? answer.works === true : undefined;
  } catch {
    return undefined; // A torn file says nothing; the probe is run again.
  }
}

function mayUseKvm(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false; // Absent or forbidden: emulation it is.
  }
}

/** Whether a kernel comes to its first process under KVM. */
export function startsUnderKvm(qemu: Qemu, kernel: string): Promise<boolean> {
  return new Promise((resolve) => {
    const machine = ['-M', 'q35', '-nodefaults', '-display', 'none', '-no-reboot', '-m', '256'];
    const boot = ['-kernel', kernel, '-append', 'console=ttyS0 earlyprintk=ttyS0 panic=-1'];
    const child = spawn(qemu.program, [...machine, ...KVM.options, ...boot, '-serial', 'stdio'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    const answer = (works: boolean): void => {
      clearTimeout(end);
      clearTimeout(silence);
      child.kill('SIGKILL');
      resolve(works);
    };
    const end = setTimeout(() => answer(false), BOOT_MS);
    const silence = setTimeout(() => answer(false), SILENCE_MS);
    child.stdout.on('data', (chunk: Buffer) => {
      silence.refresh();
      said += chunk.toString('latin1');
      if (STARTED.test(said)) answer(true);
      said = said.slice(-KEPT);
    });
    child.once('close', () => answer(false));
    child.once('error', () => answer(false));
  });
}
