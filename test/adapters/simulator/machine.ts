import {
  type Client,
  createClient,
  type History,
  linux,
  type Operation,
  type Placement,
  type Reply,
  type Session,
  type SlotRef,
} from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';

/** The allocation command, and flags that every test may use. */
export const ALLOC = 0xc0205300n;
export const PAGE = 4096n;
export const READ_WRITE = linux.PROT_READ | linux.PROT_WRITE;

/** Fields of a request that differ from a valid one for a page. */
export interface Wanted {
  readonly version?: bigint;
  readonly length?: bigint;
  readonly flags?: bigint;
  readonly reserved1?: bigint;
  readonly reserved2?: bigint;
  readonly fd?: bigint;
}

/** The bytes of struct simple_allocate_data. */
export function request(wanted: Wanted = {}): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, wanted.version ?? 0n, true);
  view.setBigUint64(8, wanted.length ?? PAGE, true);
  view.setUint32(16, Number(wanted.flags ?? linux.O_RDWR | linux.O_CLOEXEC), true);
  view.setUint32(20, Number(wanted.reserved1 ?? 0n), true);
  view.setInt32(24, Number(wanted.fd ?? 0n), true);
  view.setUint32(28, Number(wanted.reserved2 ?? 0n), true);
  return bytes;
}

/** The length that came back in a request. */
export const lengthOf = (out: Uint8Array): bigint =>
  new DataView(out.buffer, out.byteOffset).getBigUint64(8, true);

/** The descriptor that came back in a request. */
export const descriptorOf = (out: Uint8Array): number =>
  new DataView(out.buffer, out.byteOffset).getInt32(24, true);

/** The descriptor in the slot of an allocation, as an operand. */
export const descriptorIn = (slot: string): SlotRef => ({
  slot,
  offset: 24,
  width: 4,
  signed: true,
});

/** An allocation as an operation; the device is in slot `device`. */
export const allocation = (slot: string, wanted: Wanted = {}, device = 'device'): Operation => ({
  op: 'ioctl',
  slot,
  fd: { slot: device },
  request: ALLOC,
  argument: { bytes: request(wanted) },
});

/** How an allocation is asked for when not in the plain way. */
export interface Way {
  readonly client?: Client;
  readonly device?: SlotRef | bigint;
  readonly placement?: Placement;
  readonly request?: bigint;
  readonly bytes?: Uint8Array;
}

/** A simulator with an open device, and shorthands for what tests do all the time. */
export class Machine {
  readonly session: Session;
  readonly main: Client;
  device!: Reply;
  log: string[] = [];
  taint = 0n;
  #slots = 0;

  private constructor(session: Session) {
    this.session = session;
    this.main = this.client('main');
  }

  static async start(url = 'sim:'): Promise<Machine> {
    const machine = new Machine(await openSimulator(url).open());
    machine.device = await machine.main.open({ file: 'region:0', flags: linux.O_RDWR });
    return machine;
  }

  client(clientName: string): Client {
    return createClient({
      session: this.session,
      clientName,
      deadlineMs: () => 1000,
      nextSlot: () => `t${this.#slots++}`,
      onHistory: (history) => {
        this.log.push(...history.log);
        this.taint = history.taint ?? 0n;
      },
    });
  }

  /** Runs operations of `main` as one Program. */
  async run(operations: readonly Operation[]): Promise<History> {
    return this.session.run({ threads: [{ client: 'main', operations }], deadlineMs: 10_000 });
  }

  async allocate(wanted: Wanted = {}, way: Way = {}): Promise<Reply> {
    return (way.client ?? this.main).ioctl({
      fd: way.device ?? this.device,
      request: way.request ?? ALLOC,
      argument: {
        bytes: way.bytes ?? request(wanted),
        ...(way.placement === undefined ? {} : { placement: way.placement }),
      },
    });
  }

  /** Maps a whole buffer, shared. */
  async map(buffer: Reply, length = PAGE, client = this.main, protection = READ_WRITE) {
    const fd = descriptorIn(buffer.slot);
    return client.mmap({ length, protection, flags: linux.MAP_SHARED, fd });
  }

  async close(buffer: Reply, client = this.main): Promise<Reply> {
    return client.close({ fd: descriptorIn(buffer.slot) });
  }

  /** Bytes that CmaFree counts. */
  async free(client = this.main): Promise<bigint> {
    const { out } = await client.readfile({ document: '/proc/meminfo' });
    const text = new TextDecoder().decode(out);
    return BigInt(/^CmaFree: +([0-9]+) kB$/m.exec(text)?.[1] ?? -1) * 1024n;
  }

  /** The client's descriptors. */
  async descriptors(client = this.main): Promise<number[]> {
    const { out } = await client.descriptors({});
    return [...new Int32Array(out.slice().buffer)];
  }
}
