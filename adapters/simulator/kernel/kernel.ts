import type { Death } from '../../contract/history.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import { signalName } from '../../contract/signals.ts';
import { Clock } from '../../interpreter/clock.ts';
import { Random } from '../../interpreter/random.ts';
import { CmaAllocator } from '../buffers/allocator.ts';
import { DmaBuf } from '../buffers/dma-buf.ts';
import type { PageStore } from '../buffers/pages.ts';
import { Region } from '../buffers/region.ts';
import { ORDER_MAX, type SimulatorOptions } from '../options.ts';
import { HardenedRegistry } from '../registry/hardened.ts';
import type { Registry } from '../registry/registry.ts';
import { RfcRegistry } from '../registry/rfc.ts';
import { CharacterFile } from './character-file.ts';
import { Client, type Ending } from './client.ts';
import { KernelLog } from './kernel-log.ts';
import { collectGarbage, type Socket } from './socket.ts';

const { O_LARGEFILE, O_RDWR } = linuxNumbers;
/** O_LARGEFILE as open(2) adds it on 64-bit machines. */
const NULL_FLAGS = O_RDWR | O_LARGEFILE;
const FIRST_PID = 100;
const FIRST_INODE = 4096;

/** Page frame at which the first region begins. */
const FIRST_FRAME = 0x40000;
/** Regions begin at multiples of this many pages, so that frame numbers show any alignment. */
const FRAME_ALIGNMENT = 2 ** ORDER_MAX;

function regionsOf({ pageBytes, regionBytes, regionCount }: SimulatorOptions): Region[] {
  const pages = regionBytes / pageBytes;
  // One more than the pages need: other memory lies between two regions.
  const stride = (Math.ceil(pages / FRAME_ALIGNMENT) + 1) * FRAME_ALIGNMENT;
  return Array.from(
    { length: regionCount },
    (_, index) => new Region(regionBytes, pageBytes, FIRST_FRAME + index * stride),
  );
}

/** Leaves the pages of a killed client's buffers taken (a defect). */
function leakBuffers({ ending, space, table }: Client): void {
  if (ending === undefined || !('signal' in ending)) return;
  space.clear();
  for (const number of table.numbers) {
    const file = table.at(number);
    if (file instanceof DmaBuf && file.references === 1) file.leaks = true;
  }
}

/** The machine: its regions, each with a device, and the processes that use it. */
export class Kernel {
  readonly options: SimulatorOptions;
  readonly clock = new Clock();
  readonly log = new KernelLog();
  /** Regions by the number in `region:N`; their page frames do not overlap. */
  readonly regions: readonly Region[];
  /** The devices of the class; those of the regions are registered at boot. */
  readonly registry: Registry;
  /** What allocates from each region. */
  readonly allocators: readonly CmaAllocator[];
  readonly sockets = new Set<Socket>();
  /** Decides what goes wrong by chance, in the order in which it is asked. */
  readonly #chance: Random;
  readonly #clients = new Map<string, Client>();
  #deaths: Death[] = [];
  #nextPid = FIRST_PID;
  #nextInode = FIRST_INODE;

  constructor(options: SimulatorOptions) {
    this.options = options;
    this.#chance = new Random(options.seed);
    this.regions = regionsOf(options);
    this.allocators = this.regions.map((_, index) => this.#allocatorOf(index));
    const Kind = options.behaviour === 'rfc-v2' ? RfcRegistry : HardenedRegistry;
    this.registry = new Kind({ ...options, log: this.log });
    for (const allocator of this.allocators) this.#boot(allocator);
    this.startMain();
  }

  /** The driver of a region, as it is built into the kernel. */
  #boot(allocator: CmaAllocator): void {
    const wanted = { name: 'cma', allocator, allocates: true, owned: true, nodeFails: false };
    const steps = this.registry.register(wanted);
    // Nothing else runs yet.
    while (steps.next().done !== true);
  }

  #allocatorOf(index: number): CmaAllocator {
    const { log, regions } = this;
    const { behaviour, defects, orderMax, transient } = this.options;
    const elsewhere = defects.has('allocates-from-other-region') ? 1 : 0;
    const region = regions[(index + elsewhere) % regions.length];
    if (region === undefined) throw new RangeError(`there is no region ${index}`);
    return new CmaAllocator({
      region,
      regions,
      log,
      defects,
      zeroing: behaviour === 'hardened',
      orderMax: behaviour === 'hardened' ? orderMax : 0,
      unlucky: () => transient > 0 && this.#chance.below(transient) === 0,
      nextInode: this.nextInode,
    });
  }

  /** The region whose pages a store holds; memory of other kinds has none. */
  regionOf(store: PageStore): Region | undefined {
    return this.regions.find((region) => region.store === store);
  }

  readonly nextInode = (): number => this.#nextInode++;

  /** A client by the name that Programs give it, dead or alive. */
  client(name: string): Client | undefined {
    return this.#clients.get(name);
  }

  /** Ends every client and starts `main` anew. The region and what is in its pages stay. */
  startMain(): void {
    for (const client of this.#clients.values()) this.kill(client, { signal: 9 }, 'own');
    this.#clients.clear();
    collectGarbage(this.sockets);
    const main = Client.fresh('main', this.#nextPid++, this.options);
    for (let number = 0; number < 3; number += 1) {
      const file = new CharacterFile(this.log, NULL_FLAGS, false, this.options.pageBytes);
      main.table.reserve(main.descriptorLimit, false);
      main.table.install(number, file);
    }
    this.#clients.set('main', main);
    this.#deaths = [];
  }

  /** fork(2), once the name is known to be free. */
  fork(parent: Client, name: string): Client {
    const child = parent.fork(name, this.#nextPid++);
    this.#clients.set(name, child);
    return child;
  }

  /** Ends a client, at once or when its last thread leaves the kernel. */
  kill(client: Client, ending: Ending, reason: Death['reason']): void {
    if (!client.alive) return;
    client.state = 'dying';
    client.ending = ending;
    this.#deaths.push({
      client: client.name,
      ...('status' in ending ? { status: ending.status } : { signal: signalName(ending.signal) }),
      reason,
    });
    this.reapIfIdle(client);
  }

  /** Releases what a dying client holds, once none of its threads is in the kernel. */
  reapIfIdle(client: Client): void {
    if (client.state !== 'dying' || client.callsInside > 0) return;
    if (this.options.defects.has('leak-when-killed')) leakBuffers(client);
    client.releaseAll();
    client.state = 'dead';
    collectGarbage(this.sockets);
  }

  /** The clients that ended since the last call. */
  takeDeaths(): readonly Death[] {
    const deaths = this.#deaths;
    this.#deaths = [];
    return deaths;
  }
}
