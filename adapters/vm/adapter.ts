import { usageError } from '../../base/errors.ts';
import { chooseFrom } from '../../base/nearest.ts';
import type { Adapter, Session } from '../contract/index.ts';
import { connectAgent, type LastWords } from '../protocol/client.ts';
import { withDeclared } from '../protocol/declared-region.ts';
import { targetFacts } from '../protocol/facts.ts';
import { type Acceleration, chooseAcceleration } from './acceleration.ts';
import { startGuest, withBootFiles } from './boot.ts';
import { bootFiles } from './boot-files.ts';
import { type Guest, type GuestExit, wasForced } from './guest.ts';
import { KERNELS, kernelNamed } from './kernels/registry.ts';
import { missingForModules } from './modules/compiler.ts';
import { buildOwnModules } from './modules/own-modules.ts';
import { type GuestParts, prepareGuest } from './prepare-guest.ts';
import { findQemu, type Qemu } from './qemu.ts';
import { StartWatch } from './start-watch.ts';
import { parseVmTarget, type VmTarget } from './target-url.ts';

/** Milliseconds from starting QEMU to the agent's first word, for one that speaks and speaks. */
const BOOT_MS = 1_200_000;
/** Milliseconds to wait for QEMU to end after the agent was lost. */
const LAST_WORDS_MS = 3_000;
/** Lines of the console with a death: from the first complaint on, and the last ones. */
const FIRST_LINES = 160;
const LAST_LINES = 40;

/**
 * A kernel in QEMU as a target; see `parseVmTarget` for the URL.
 *
 * @throws {@link AllocertError} for a URL of no known form
 */
export function openVm(url: string): Adapter {
  return new VmAdapter(url, parseVmTarget(url));
}

/**
 * Fetches and builds what `vm:NAME/…` needs, so that a later run starts at once.
 *
 * @param name as in the URL, `debian-arm64` or `debian@7.3`
 * @param onStep hears what takes long
 * @returns what is ready, by name
 * @throws {@link AllocertError} when something cannot be had here
 */
export async function prepareVm(
  name: string,
  onStep: (step: string) => void,
): Promise<Readonly<Record<string, string>>> {
  const [kernelName = ''] = name.split('@');
  if (kernelNamed(kernelName) === undefined) {
    const known = KERNELS.map((one) => one.name);
    throw usageError(`no kernel is called "${kernelName}"; ${chooseFrom(kernelName, known)}`);
  }
  const { own, ...target } = parseVmTarget(`vm:${name}/cma0`);
  const qemu = findQemu(target.architecture);
  const { kernel, details } = await prepareGuest(target, onStep);
  onStep('checking for KVM');
  const acceleration = await chooseAcceleration(qemu, kernel.image);
  const lacking = missingForModules(kernel.architecture);
  const wanted = own !== undefined && kernel.headers !== undefined && lacking.length === 0;
  const built = wanted ? await buildOwnModules(kernel, own, onStep) : undefined;
  if (lacking.length > 0) onStep(`no modules are built: install ${lacking.join(' and ')}`);
  return { ...details, ...built?.details, qemu: qemu.version, execution: acceleration.name };
}

class VmAdapter implements Adapter {
  readonly url: string;
  /** Each starts a guest. */
  readonly separate = true;
  readonly #target: VmTarget;
  #guest: Guest | undefined;
  /** Whether a guest of this target has started and spoken. */
  #hasStarted = false;

  constructor(url: string, target: VmTarget) {
    this.url = url;
    this.#target = target;
  }

  async open(): Promise<Session> {
    await this.close();
    const qemu = findQemu(this.#target.architecture);
    const prepared = await prepareGuest(this.#target, () => {});
    const acceleration = await chooseAcceleration(qemu, prepared.kernel.image);
    try {
      return await this.#boot(qemu, prepared, acceleration);
    } catch (thrown) {
      const isEmulator = this.#guest?.console.emulatorFault() === true;
      if (!isEmulator && !this.#hasStarted) throw thrown;
      // A race of the target may crash a start as well as a call. The run tells of it, and goes on.
      const { message } = thrown as Error;
      const details = isEmulator ? prepared.details : { ...prepared.details, failedStart: message };
      return await this.#boot(qemu, { ...prepared, details }, acceleration);
    }
  }

  async #boot(qemu: Qemu, prepared: GuestParts, acceleration: Acceleration): Promise<Session> {
    const files = await bootFiles(prepared.agent.path, prepared.modules);
    return withBootFiles(files, async (initrd) => {
      const guest = await startGuest(this.#target, { qemu, acceleration, initrd, prepared });
      this.#guest = guest;
      const session = await this.#greet(guest, acceleration.patience, {
        ...prepared.details,
        qemu: qemu.version,
        execution: acceleration.name,
        memoryMiB: String(this.#target.memoryMiB),
      });
      this.#hasStarted = true;
      return session;
    });
  }

  async #greet(
    guest: Guest,
    patience: number,
    details: Readonly<Record<string, string>>,
  ): Promise<Session> {
    const silenceMs = this.#target.silenceSeconds * 1000 * patience;
    const watch = new StartWatch(guest.console, silenceMs, () => guest.stream.destroy());
    try {
      return await connectAgent(guest.stream, {
        helloTimeoutMs: BOOT_MS * patience,
        patience,
        describe: (agent) => {
          const alarm = guest.console.mark();
          const more = alarm === undefined ? {} : { alarmAtBoot: alarm };
          const facts = targetFacts('vm', agent, { ...details, ...more });
          return withDeclared(facts, this.#target.declared);
        },
        onBegin: () => guest.console.mark(),
        hasComplained: () => guest.console.alarm() !== undefined,
        lastWords: () => lastWords(guest, watch.silent ? silenceOf(silenceMs) : undefined),
        onClose: () => guest.kill(),
      });
    } catch (thrown) {
      await guest.kill();
      throw thrown;
    } finally {
      watch.stop();
    }
  }

  async close(): Promise<void> {
    await this.#guest?.kill();
    this.#guest = undefined;
  }
}

const silenceOf = (ms: number): string =>
  `the guest has not started, and its console was silent for ${ms / 1000} s`;

/**
 * The guest's words before it fell silent; it is gone afterwards.
 *
 * @param silence what is known of it, where there is nothing to wait for
 */
async function lastWords(guest: Guest, silence?: string): Promise<LastWords> {
  const exit = silence === undefined ? await exitSoon(guest) : undefined;
  await guest.kill();
  const alarm = guest.console.alarm();
  const said = alarm ?? guest.console.tail(1)[0];
  const ended =
    exit === undefined
      ? (silence ?? 'the guest is silent')
      : `QEMU ended (${exit.signal ?? exit.code})`;
  const message = said === undefined ? ended : `${ended}; its console says: ${said}`;
  const log = guest.console.excerpt(FIRST_LINES, LAST_LINES);
  return { message, log, forced: wasForced(exit, alarm) };
}

/** How QEMU ended, where it does within some seconds. */
async function exitSoon(guest: Guest): Promise<GuestExit | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LAST_WORDS_MS);
  });
  const exit = await Promise.race([guest.exited, patience]);
  clearTimeout(timer);
  return exit;
}
