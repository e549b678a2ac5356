import type { Adapter, Session } from '../contract/index.ts';
import { connectAgent, type LastWords } from '../protocol/client.ts';
import { targetFacts } from '../protocol/facts.ts';
import { startGuest, withBootFiles } from './boot.ts';
import { bootFiles } from './boot-files.ts';
import { type Guest, wasForced } from './guest.ts';
import { missingForModules } from './modules/compiler.ts';
import { buildOwnModules } from './modules/own-modules.ts';
import { type GuestParts, prepareGuest } from './prepare-guest.ts';
import { type Acceleration, chooseAcceleration, findQemu, type Qemu } from './qemu.ts';
import { StartWatch } from './start-watch.ts';
import { parseVmTarget, type VmTarget } from './target-url.ts';

/** Milliseconds without a word on the console after which a guest that starts has failed. */
const SILENCE_MS = 60_000;
/** The same for one that speaks and speaks, and never becomes a target. */
const BOOT_MS = 20 * SILENCE_MS;
/** Milliseconds to wait for QEMU to end after the agent was lost. */
const LAST_WORDS_MS = 3_000;
/** Lines of the console that a death is reported with: of the first complaint, and the last ones. */
const FIRST_LINES = 160;
const LAST_LINES = 40;
const SILENT = 'the guest did not start, and its console fell silent';

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
  const { own, ...target } = parseVmTarget(`vm:${name}/cma0`);
  const qemu = findQemu(target.architecture);
  const { kernel, details } = await prepareGuest(target, onStep);
  onStep('probing how guests can be executed');
  const acceleration = await chooseAcceleration(qemu, kernel.image);
  const lacking = missingForModules(kernel.architecture);
  const wanted = own !== undefined && kernel.headers !== undefined && lacking.length === 0;
  const built = wanted ? await buildOwnModules(kernel, own, onStep) : undefined;
  if (lacking.length > 0) onStep(`no modules are built: install ${lacking.join(' and ')}`);
  return { ...details, ...built?.details, qemu: qemu.version, execution: acceleration.name };
}

class VmAdapter implements Adapter {
  readonly url: string;
  readonly #target: VmTarget;
  #guest: Guest | undefined;

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
      if (this.#guest?.console.emulatorFault() !== true) throw thrown;
      return await this.#boot(qemu, prepared, acceleration);
    }
  }

  async #boot(qemu: Qemu, prepared: GuestParts, acceleration: Acceleration): Promise<Session> {
    const files = await bootFiles(prepared.agent.path, prepared.modules);
    return withBootFiles(files, async (initrd) => {
      const guest = await startGuest(this.#target, { qemu, acceleration, initrd, prepared });
      this.#guest = guest;
      return await this.#greet(guest, acceleration.patience, {
        ...prepared.details,
        qemu: qemu.version,
        execution: acceleration.name,
        memoryMiB: String(this.#target.memoryMiB),
      });
    });
  }

  async #greet(
    guest: Guest,
    patience: number,
    details: Readonly<Record<string, string>>,
  ): Promise<Session> {
    const watch = new StartWatch(guest.console, SILENCE_MS * patience, () =>
      guest.stream.destroy(),
    );
    try {
      return await connectAgent(guest.stream, {
        helloTimeoutMs: BOOT_MS * patience,
        patience,
        describe: (agent) => {
          const alarm = guest.console.mark();
          return targetFacts('vm', agent, {
            ...details,
            ...(alarm === undefined ? {} : { alarmAtBoot: alarm }),
          });
        },
        onBegin: () => guest.console.mark(),
        lastWords: () => lastWords(guest, watch.silent ? SILENT : undefined),
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

/** The guest's words before it fell silent; it is gone afterwards. */
async function lastWords(guest: Guest, silent = 'the guest is silent'): Promise<LastWords> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LAST_WORDS_MS);
  });
  const exit = await Promise.race([guest.exited, patience]);
  clearTimeout(timer);
  await guest.kill();
  const alarm = guest.console.alarm();
  const said = alarm ?? guest.console.tail(1)[0];
  const ended = exit === undefined ? silent : `QEMU ended (${exit.signal ?? exit.code})`;
  const message = said === undefined ? ended : `${ended}; its console says: ${said}`;
  return {
    message,
    log: guest.console.excerpt(FIRST_LINES, LAST_LINES),
    forced: wasForced(exit, alarm),
  };
}
