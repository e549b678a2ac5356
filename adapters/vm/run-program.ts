import { usageError } from '../../base/errors.ts';
import { chooseAcceleration } from './acceleration.ts';
import { startGuest, withBootFiles } from './boot.ts';
import { bootFiles, type GuestProgram } from './boot-files.ts';
import type { Guest } from './guest.ts';
import { prepareGuest } from './prepare-guest.ts';
import { findQemu } from './qemu.ts';
import { StartWatch } from './start-watch.ts';
import { requireStaticProgram } from './static-program.ts';
import { agentsOf, parseVmTarget } from './target-url.ts';

/** How a program in a guest ended. */
export interface GuestRun {
  /** Exit status; undefined when a signal ended it, or when the guest did not survive it. */
  readonly status: number | undefined;
  /** Why it has no exit status, as the end of a sentence; empty where it has one. */
  readonly problem: string;
  /** Lines that the console showed from its start on, the kernel's own among them. */
  readonly output: readonly string[];
}

/** How a program is run. */
export interface GuestRunOptions {
  /** Seconds for the program, on a machine that is not emulated; left out: 60. */
  readonly seconds?: number;
  /** Hears what takes long. */
  readonly onStep?: (step: string) => void;
}

/** Seconds for the program, on a machine that is not emulated. */
export const RUN_SECONDS = 60;
/** So many times that for a guest that starts and goes on talking. */
const START_PATIENCES = 20;

/**
 * Boots the guest of a `vm:` target, runs a static program in it with the console as its output,
 * and ends the guest. Nothing of allocert runs beside it but the init that started it.
 *
 * @throws {@link AllocertError} when the guest cannot be started or could not run the program, or a
 *   word cannot be passed on
 */
export async function runInGuest(
  url: string,
  program: GuestProgram,
  { seconds = RUN_SECONDS, onStep = () => {} }: GuestRunOptions = {},
): Promise<GuestRun> {
  if (program.args.some((word) => word === '' || /\n/.test(word))) {
    throw usageError('an argument of a program in a guest is one line that is not empty');
  }
  const target = parseVmTarget(url);
  requireStaticProgram(program.path, agentsOf(target.architecture));
  const qemu = findQemu(target.architecture);
  const prepared = await prepareGuest(target, onStep);
  const acceleration = await chooseAcceleration(qemu, prepared.kernel.image);
  const files = await bootFiles(prepared.agent.path, prepared.modules, program);
  onStep(`starting the guest (${acceleration.name})`);
  return withBootFiles(files, async (initrd) => {
    const guest = await startGuest(target, { qemu, acceleration, prepared, initrd });
    await ended(guest, seconds * 1000 * acceleration.patience);
    return guestRunOf(guest.console.tail(Number.POSITIVE_INFINITY));
  });
}

/** A guest that does not start, or a program that does not end, is ended. */
async function ended(guest: Guest, timeoutMs: number): Promise<void> {
  const end = (): void => void guest.kill();
  const watch = new StartWatch(guest.console, timeoutMs, end);
  let timer = setTimeout(end, START_PATIENCES * timeoutMs);
  const forget = guest.console.onWords(() => {
    if (!guest.console.tail(Number.POSITIVE_INFINITY).some((line) => START.test(line))) return;
    forget();
    watch.stop();
    clearTimeout(timer);
    timer = setTimeout(end, timeoutMs);
  });
  await guest.exited;
  forget();
  watch.stop();
  clearTimeout(timer);
}

const START = /^allocert: runs /;
const END = /^allocert: the agent ended with status (\d+)$/;

/** The run of a program, read from its guest's console. */
export function guestRunOf(lines: readonly string[]): GuestRun {
  const start = lines.findIndex((line) => START.test(line));
  const end = lines.findIndex((line, index) => index > start && END.test(line));
  const wait = Number(END.exec(lines[end] ?? '')?.[1] ?? Number.NaN);
  const exited = start >= 0 && end >= 0 && (wait & 0x7f) === 0;
  const problem =
    start < 0
      ? 'the guest did not start it'
      : end < 0
        ? 'the guest ended before it, or it took too long'
        : `signal ${wait & 0x7f} ended it`;
  return {
    status: exited ? wait >> 8 : undefined,
    problem: exited ? '' : problem,
    output: lines.slice(start + 1, end < 0 ? undefined : end),
  };
}
