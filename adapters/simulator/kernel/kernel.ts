import type { Death } from '../../contract/history.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import { signalName } from '../../contract/signals.ts';
import { Clock } from '../../interpreter/clock.ts';
import { CharacterFile } from './character-file.ts';
import { type ClientEnding, ClientProcess, type ProcessOptions } from './client-process.ts';
import type { Devices, ReservedMemory } from './devices.ts';
import { KernelLog } from './kernel-log.ts';
import type { PageStore } from './pages.ts';
import { Quarantine } from './quarantine.ts';
import { collectGarbage, type Socket } from './socket.ts';

const { O_LARGEFILE, O_RDWR, SIGKILL } = linuxNumbers;
/** Descriptors 0, 1 and 2 of a fresh client refer to /dev/null. */
const STANDARD_STREAMS = 3;
const FIRST_PID = 100;
const FIRST_INODE = 4096;

/** The kernel, as far as drivers need it. */
export interface DriverHost {
  readonly clock: Clock;
  readonly log: KernelLog;
  readonly nextInode: () => number;
}

/** What a kernel is built with. */
export interface KernelOptions extends ProcessOptions {
  /** Bytes of freed objects that it keeps; 0 for none. */
  readonly quarantineBytes: number;
  readonly showsFrames: boolean;
}

/** The machine: processes, and devices that drivers add to it. */
export class Kernel implements DriverHost {
  readonly clock = new Clock();
  readonly log = new KernelLog();
  readonly pageBytes: number;
  readonly devices: Devices;
  /** Whether pagemap shows the frames of device memory: not of what is mapped by frame number. */
  readonly showsFrames: boolean;
  readonly sockets = new Set<Socket>();
  /** Freed objects that it keeps. */
  readonly quarantine: Quarantine;
  readonly #options: ProcessOptions;
  readonly #clients = new Map<string, ClientProcess>();
  #deaths: Death[] = [];
  #nextPid = FIRST_PID;
  #nextInode = FIRST_INODE;

  /** @param devicesOf makes the devices of a kernel at boot */
  constructor(options: KernelOptions, devicesOf: (host: DriverHost) => Devices) {
    this.#options = options;
    this.quarantine = new Quarantine(options.quarantineBytes);
    this.pageBytes = options.pageBytes;
    this.showsFrames = options.showsFrames;
    this.devices = devicesOf(this);
    this.startMain();
  }

  /** The region whose pages a store holds; memory of other kinds has none. */
  regionOf(store: PageStore): ReservedMemory | undefined {
    return this.devices.regions.find((region) => region.store === store);
  }

  readonly nextInode = (): number => {
    this.quarantine.count();
    return this.#nextInode++;
  };

  /** A client by the name that Programs give it, dead or alive. */
  client(name: string): ClientProcess | undefined {
    return this.#clients.get(name);
  }

  /** Ends every client and starts `main` anew. The regions and what is in their pages stay. */
  startMain(): void {
    for (const client of this.#clients.values()) this.kill(client, { signal: SIGKILL }, 'own');
    this.#clients.clear();
    collectGarbage(this.sockets);
    const main = ClientProcess.fresh('main', this.#nextPid++, this.#options);
    for (let descriptor = 0; descriptor < STANDARD_STREAMS; descriptor += 1) {
      const file = new CharacterFile(this.log, O_RDWR | O_LARGEFILE, false, this.pageBytes);
      main.table.reserve(main.descriptorLimit, false);
      main.table.install(descriptor, file);
    }
    this.#clients.set('main', main);
    this.#deaths = [];
  }

  /** fork(2), once the name is known to be free. */
  fork(parent: ClientProcess, name: string): ClientProcess {
    const child = parent.fork(name, this.#nextPid++);
    this.#clients.set(name, child);
    return child;
  }

  /** Ends a client, at once or when its last thread leaves the kernel. */
  kill(client: ClientProcess, ending: ClientEnding, reason: Death['reason']): void {
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
  reapIfIdle(client: ClientProcess): void {
    if (client.state === 'dying' && client.callsInside === 0) this.reap(client);
  }

  /** do_exit: everything goes back, and the client can be waited for. */
  protected reap(client: ClientProcess): void {
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
