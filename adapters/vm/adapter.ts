import type { Adapter, Session } from '../contract/index.ts';
import { connectAgent, type LastWords } from '../protocol/client.ts';
import { targetFacts } from '../protocol/facts.ts';
import { startGuest, withBootFiles } from './boot.ts';
import { bootFiles } from './boot-files.ts';
import { type Guest, wasForced } from './guest.ts';
import { type GuestParts, prepareGuest } from './prepare-guest.ts';
import { type Acceleration, chooseAcceleration, findQemu, type Qemu } from './qemu.ts';
import { parseVmTarget, type VmTarget } from './target-url.ts';

/** Milliseconds from starting QEMU to the agent's first word. */
const BOOT_MS = 120_000;
/** Milliseconds to wait for QEMU to end after the agent was lost. */
const LAST_WORDS_MS = 3_000;
/** Lines of the console that a death is reported with: of the first complaint, and the last ones. */
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
 * @param onStep hears what takes long
 * @returns what is ready, by name
 * @throws {@link AllocertError} when something cannot be had here
 */
export async function prepareVm(
  name: string,
  onStep: (step: string) => void,
): Promise<Readonly<Record<string, string>>> {
  const target = parseVmTarget(`vm:${name}/dma_heap/system`);
  const qemu = findQemu();
  const { kernel, agent } = await prepareGuest(target, onStep);
  onStep('probing how guests can be executed');
  const acceleration = await chooseAcceleration(qemu, kernel.image);
  return {
    ...kernel.details,
    agent: agent.digest,
    qemu: qemu.version,
    execution: acceleration.name,
  };
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
    const qemu = findQemu();
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
    const files = await bootFiles(prepared.agent.path, this.#target.modules);
    return withBootFiles(files, async (initrd) => {
      const guest = await startGuest(this.#target, { qemu, acceleration, initrd, prepared });
      this.#guest = guest;
      return await this.#greet(guest, acceleration.patience, {
        ...prepared.kernel.details,
        agent: prepared.agent.digest,
        compiler: prepared.agent.compiler,
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
    try {
      return await connectAgent(guest.stream, {
        helloTimeoutMs: BOOT_MS,
        patience,
        describe: (agent) => {
          const alarm = guest.console.mark();
          return targetFacts('vm', agent, {
            ...details,
            ...(alarm === undefined ? {} : { alarmAtBoot: alarm }),
          });
        },
        onBegin: () => guest.console.mark(),
        lastWords: () => lastWords(guest),
        onClose: () => guest.kill(),
      });
    } catch (thrown) {
      await guest.kill();
      throw thrown;
    }
  }

  async close(): Promise<void> {
    await this.#guest?.kill();
    this.#guest = undefined;
  }
}

/** The guest's words before it fell silent; it is gone afterwards. */
async function lastWords(guest: Guest): Promise<LastWords> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LAST_WORDS_MS);
  });
  const exit = await Promise.race([guest.exited, patience]);
  clearTimeout(timer);
  await guest.kill();
  const alarm = guest.console.alarm();
  const said = alarm ?? guest.console.tail(1)[0];
  const ended =
    exit === undefined ? 'the guest is silent' : `QEMU ended (${exit.signal ?? exit.code})`;
  const message = said === undefined ? ended : `${ended}; its console says: ${said}`;
  return {
    message,
    log: guest.console.excerpt(FIRST_LINES, LAST_LINES),
    forced: wasForced(exit, alarm),
  };
}
