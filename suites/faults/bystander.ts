import { linux, type Operation, succeeded } from '../../adapters/contract/index.ts';
import { commandOf, requestBytes } from '../../catalogue/abi-request.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import type { Runner } from './heard-session.ts';
import { descriptorAt } from './swept-calls.ts';

/** The client with the buffer that no failure of others may touch. */
const BYSTANDER = 'bystander';
const VIEW = { slot: 'bystander-view' } as const;
const STAMP = Uint8Array.from({ length: 16 }, (_, at) => 0xb1 ^ (at * 29));
const DEADLINE_MS = 20_000;

/** A buffer of another process, whose contents must outlast whatever fails beside it. */
export class Bystander {
  readonly #session: Runner;
  readonly #abi: Abi;
  #stands = false;

  constructor(session: Runner, abi: Abi) {
    this.#session = session;
    this.#abi = abi;
  }

  get #page(): bigint {
    return BigInt(this.#session.facts.pageSize);
  }

  /** Makes the client and its buffer, once a case has begun. */
  async stand(): Promise<void> {
    this.#stands = false;
    const [region] = this.#session.facts.regions;
    if (region === undefined) return;
    await this.#run('main', [{ op: 'fork', client: BYSTANDER }]);
    const device = { slot: 'bystander-device' };
    const bytes = requestBytes(this.#abi, { length: this.#page });
    const fd = descriptorAt(this.#abi, 'bystander-buffer');
    const results = await this.#run(BYSTANDER, [
      { op: 'open', slot: device.slot, file: region.name, flags: linux.O_RDWR },
      {
        op: 'ioctl',
        slot: 'bystander-buffer',
        fd: device,
        request: commandOf(this.#abi),
        argument: { bytes },
      },
      {
        op: 'mmap',
        slot: VIEW.slot,
        length: this.#page,
        protection: linux.PROT_READ | linux.PROT_WRITE,
        flags: linux.MAP_SHARED,
        fd,
      },
      { op: 'store', address: VIEW, length: this.#page, bytes: STAMP },
      { op: 'close', fd },
      { op: 'close', fd: device },
    ]);
    this.#stands = results.every(succeeded);
  }

  /** What became of the buffer, in words; undefined when nothing did. */
  async harm(): Promise<string | undefined> {
    if (!this.#stands) return undefined;
    const [scan] = await this.#run(BYSTANDER, [
      { op: 'scan', address: VIEW, length: this.#page, bytes: STAMP },
    ]);
    if (scan !== undefined && succeeded(scan) && scan.value === this.#page) return undefined;
    this.#stands = false;
    if (scan?.outcome === 'not-run') return undefined;
    const where = scan?.value === undefined || scan.value < 0n ? '0' : String(scan.value);
    return `the buffer of another process is not what was written there, at byte ${where}`;
  }

  async #run(client: string, operations: readonly Operation[]) {
    const threads = [{ client, operations }];
    const history = await this.#session.run({ threads, deadlineMs: DEADLINE_MS });
    return history.threads[0] ?? [];
  }
}
