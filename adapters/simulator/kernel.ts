import type { Death } from '../contract/history.ts';
import { signalName } from '../contract/signals.ts';
import { Clock } from '../interpreter/clock.ts';
import { CmaAllocator } from './allocator.ts';
import { CharacterFile } from './character-file.ts';
import { Client, type Ending } from './client.ts';
import type { AllocatorDevice } from './device-file.ts';
import { DmaBuf } from './dma-buf.ts';
import { KernelLog } from './kernel-log.ts';
import type { SimulatorOptions } from './options.ts';
import { Region } from './region.ts';
import { collectGarbage, type Socket } from './socket.ts';

/** O_RDWR, and O_LARGEFILE as open(2) adds it. */
const NULL_FLAGS = 0o100002;
const FIRST_PID = 100;
const FIRST_INODE = 4096;

/** Leaves the pages of a killed client's buffers taken (a defect). */
function leakBuffers({ ending, space, table }: Client): void {
  if (ending === undefined || !('signal' in ending)) return;
  space.clear();
  for (const number of table.numbers) {
    const file = table.at(number);
    if (file instanceof DmaBuf && file.references === 1) file.leaks = true;
  }
}

/** The machine: one region with its device, and the processes that use it. */
export class Kernel {
  readonly options: SimulatorOptions;
  readonly clock = new Clock();
  readonly log = new KernelLog();
  readonly region: Region;
  /** Device nodes by the number in `region:N`. */
  readonly devices: readonly AllocatorDevice[];
  readonly sockets = new Set<Socket>();
  readonly #clients = new Map<string, Client>();
  #deaths: Death[] = [];
  #nextPid = FIRST_PID;
  #nextInode = FIRST_INODE;

  constructor(options: SimulatorOptions) {
    const { behaviour, defects, pageBytes, regionBytes } = options;
    this.options = options;
    this.region = new Region(regionBytes, pageBytes);
    const allocator = new CmaAllocator({
      region: this.region,
      log: this.log,
      defects,
      zeroing: behaviour === 'hardened',
      nextInode: this.nextInode,
    });
    const { log } = this;
    this.devices = [{ allocator, behaviour, defects, log, node: '/dev/cma0', minor: 0 }];
    this.startMain();
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
    const main = Client.fresh('main', this.#nextPid++, this.options.pageBytes);
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
