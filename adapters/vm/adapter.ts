import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { cacheFolder, makeCacheFolder, sha256OfFile } from '../contract/cache.ts';
import type { Adapter, Session } from '../contract/index.ts';
import { buildAgent } from '../native/build.ts';
import { connectAgent, type LastWords } from '../remote/client.ts';
import { targetFacts } from '../remote/facts.ts';
import { type KernelImage, prepareDebianKernel } from './debian-kernel.ts';
import { Guest } from './guest.ts';
import { buildInitramfs, type InitramfsEntry } from './initramfs.ts';
import { type Acceleration, chooseAcceleration, findQemu, type Qemu } from './qemu.ts';
import { parseVmTarget, type VmModule, type VmTarget } from './target-url.ts';

/** Milliseconds from starting QEMU to the agent's first word. */
const BOOT_MS = 120_000;
/** Milliseconds to wait for QEMU to end after the agent was lost. */
const LAST_WORDS_MS = 3_000;
/** Console lines that a death is reported with. */
const LAST_LINES = 40;
const AGENT_PORT = '/dev/vport0p1';

/**
 * A kernel in QEMU as a target; see `parseVmTarget` for the URL.
 *
 * @throws {@link AllocertError} for a URL that is none
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
  const { kernel, agent } = await prepare(target, onStep);
  onStep('probing how guests can be executed');
  const acceleration = await chooseAcceleration(qemu, kernel.image);
  return {
    ...kernel.details,
    agent: agent.digest,
    qemu: qemu.version,
    execution: acceleration.name,
  };
}

interface Prepared {
  readonly kernel: KernelImage;
  readonly agent: { readonly path: string; readonly digest: string; readonly compiler: string };
}

async function prepare(target: VmTarget, onStep: (step: string) => void): Promise<Prepared> {
  // The compiler first: where there is none, nothing needs to be fetched.
  onStep('building the agent');
  const agents = join(cacheFolder(), 'agent');
  makeCacheFolder(agents);
  const agent = await buildAgent(agents, { architecture: target.agent });
  const { kernel: name } = target;
  const kernel = name === 'debian' ? await prepareDebianKernel(onStep) : await ownKernel(name);
  return { kernel, agent };
}

async function ownKernel(image: string): Promise<KernelImage> {
  return { image, details: { image: basename(image), imageSha256: await sha256OfFile(image) } };
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
    const prepared = await prepare(this.#target, () => {});
    const acceleration = await chooseAcceleration(qemu, prepared.kernel.image);
    try {
      return await this.#boot(qemu, prepared, acceleration);
    } catch (thrown) {
      if (this.#guest?.console.emulatorFault() !== true) throw thrown;
      return await this.#boot(qemu, prepared, acceleration);
    }
  }

  async #boot(qemu: Qemu, prepared: Prepared, acceleration: Acceleration): Promise<Session> {
    // QEMU reads the kernel and this file after it has connected: they stay until the agent speaks.
    const folder = await mkdtemp(join(tmpdir(), 'allocert-initrd-'));
    try {
      const initrd = join(folder, 'initrd.gz');
      await writeFile(initrd, await initramfsFor(prepared.agent.path, this.#target.modules));
      const guest = await Guest.start({
        qemu,
        acceleration,
        kernel: prepared.kernel.image,
        initrd,
        append: commandLine(this.#target, acceleration.append),
        memoryMiB: this.#target.memoryMiB,
      });
      this.#guest = guest;
      return await this.#greet(guest, acceleration.patience, {
        ...prepared.kernel.details,
        agent: prepared.agent.digest,
        compiler: prepared.agent.compiler,
        qemu: qemu.version,
        execution: acceleration.name,
        memoryMiB: String(this.#target.memoryMiB),
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
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
        describe: (agent) => targetFacts('vm', agent, details),
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

function commandLine(target: VmTarget, forExecution: string): string {
  const own = ['console=ttyS0', 'quiet', 'panic=-1', 'mitigations=off'];
  const agent = [`allocert.region=${target.region}`, `allocert.port=${AGENT_PORT}`];
  return [...own, forExecution, ...agent, target.append].filter((word) => word !== '').join(' ');
}

async function initramfsFor(agent: string, modules: readonly VmModule[]): Promise<Uint8Array> {
  const lines = modules.map(({ path, parameters }) =>
    [`/modules/${basename(path)}`, ...parameters].join(' '),
  );
  const entries: InitramfsEntry[] = [
    ...['dev', 'proc', 'sys', 'tmp'].map((path) => ({ path, kind: 'directory' }) as const),
    { path: 'dev/console', kind: 'device', major: 5, minor: 1 },
    { path: 'dev/null', kind: 'device', major: 1, minor: 3 },
    { path: 'init', kind: 'file', mode: 0o755, data: await readFile(agent) },
    { path: 'modules.list', kind: 'file', mode: 0o644, data: Buffer.from(`${lines.join('\n')}\n`) },
  ];
  for (const { path } of modules) {
    const data = await readFile(path);
    entries.push({ path: `modules/${basename(path)}`, kind: 'file', mode: 0o644, data });
  }
  return buildInitramfs(entries);
}

/** What the guest said before it fell silent; it is gone afterwards. */
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
  // A guest that dies of itself makes QEMU end in peace: it may not reboot (-no-reboot).
  const forced = exit !== undefined && exit.signal !== null && alarm === undefined;
  return { message, log: guest.console.tail(LAST_LINES), forced };
}
