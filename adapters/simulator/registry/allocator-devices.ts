import type { ErrnoName } from '../../contract/errno.ts';
import { Random } from '../../interpreter/random.ts';
import type { CmaAllocator } from '../buffers/allocator.ts';
import type { Behaviour } from '../buffers/behaviour.ts';
import { type AllocatorDevice, SA_MAJOR } from '../buffers/device.ts';
import type { DeviceFile } from '../buffers/device-file.ts';
import type { RegionDriver } from '../buffers/device-ioctl.ts';
import type { DmaBuf } from '../buffers/dma-buf.ts';
import type { HardenedIoctl } from '../buffers/hardened-ioctl.ts';
import { ORDER_MAX, type Region } from '../buffers/region.ts';
import type { RequestRules } from '../buffers/request-rules.ts';
import { RfcIoctl } from '../buffers/rfc-ioctl.ts';
import type { DeviceEntry, Devices } from '../kernel/devices.ts';
import type { DriverHost } from '../kernel/kernel.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { CONTROL_NODE, ControlFile } from './control-file.ts';
import type { HardenedRegistry } from './hardened.ts';
import type { Registry } from './registry.ts';
import { RfcRegistry } from './rfc.ts';

/** How many regions a machine has, what they are like, and what allocates from them. */
export interface AllocatorSettings {
  readonly behaviour: Behaviour;
  readonly pageBytes: number;
  /** Bytes of each region; a multiple of the page size. */
  readonly regionBytes: number;
  /** How many regions there are, each with a device of its own. */
  readonly regionCount: number;
  /** The largest alignment of a buffer is 2 to this many pages, CONFIG_CMA_ALIGNMENT. */
  readonly orderMax: number;
  /** About one allocation in so many fails though there is room; 0 for none. */
  readonly transient: number;
  /** Microseconds that an allocation takes, beside those of its steps. */
  readonly latencyUs: number;
  /** Seeds what goes wrong by chance. */
  readonly seed: bigint;
}

/** The classes that regions, their drivers and their devices are made of. */
export interface AllocatorParts {
  readonly Region: typeof Region;
  readonly CmaAllocator: typeof CmaAllocator;
  readonly DmaBuf: typeof DmaBuf;
  readonly RequestRules: typeof RequestRules;
  readonly HardenedIoctl: typeof HardenedIoctl;
  /** The function that 32-bit programs reach. */
  readonly CompatIoctl: typeof HardenedIoctl;
  readonly AllocatorDevice: typeof AllocatorDevice;
  readonly DeviceFile: typeof DeviceFile;
  readonly HardenedRegistry: typeof HardenedRegistry;
}

/** In a microsecond. */
const NANOSECONDS = 1000n;
/** Page frame at which the first region begins. */
const FIRST_FRAME = 0x40000;
/** Regions begin at multiples of this many pages, so that frame numbers show any alignment. */
const FRAME_ALIGNMENT = 2 ** ORDER_MAX;

/** The allocators of a machine: each region with a driver, whose device is registered at boot. */
export class AllocatorDevices implements Devices {
  readonly major = SA_MAJOR;
  /** Regions by the number in `region:N`; their page frames do not overlap. */
  readonly regions: readonly Region[];
  readonly #settings: AllocatorSettings;
  readonly #parts: AllocatorParts;
  readonly #host: DriverHost;
  /** Decides what goes wrong by chance, in the order in which it is asked. */
  readonly #chance: Random;
  readonly #registry: Registry;
  /** The driver of the first region, for devices that programs register. */
  readonly #firstDriver: RegionDriver;

  /** @param settings at least one region */
  constructor(settings: AllocatorSettings, parts: AllocatorParts, host: DriverHost) {
    this.#settings = settings;
    this.#parts = parts;
    this.#host = host;
    this.#chance = new Random(settings.seed);
    const { behaviour, regionCount } = settings;
    this.regions = Array.from({ length: regionCount }, (_, index) => this.#newRegion(index));
    const [first, ...others] = this.regions.map((_, index) => this.#driverOf(index));
    if (first === undefined) throw new RangeError('a machine has at least one region');
    this.#firstDriver = first;
    const RegistryClass = behaviour === 'rfc-v2' ? RfcRegistry : parts.HardenedRegistry;
    this.#registry = new RegistryClass({ ...parts, behaviour, log: host.log });
    for (const driver of [first, ...others]) this.#boot(driver);
  }

  get entries(): readonly DeviceEntry[] {
    return this.#registry.devices;
  }

  open(name: string, flags: number): OpenFile | ErrnoName {
    if (name === CONTROL_NODE) {
      const { log } = this.#host;
      return new ControlFile(flags, { log, registry: this.#registry, driver: this.#firstDriver });
    }
    const [kind, number] = name.split(':');
    if (kind === 'minor') return this.#registry.open(Number(number), flags);
    const known = kind === 'region' && Number(number) < this.regions.length;
    return known ? this.#registry.openNode(`/dev/cma${number}`, flags) : 'ENOENT';
  }

  /** The region that the driver of a number allocates from. */
  protected regionFor(index: number): Region {
    return this.regions[index] as Region;
  }

  #newRegion(index: number): Region {
    const { pageBytes, regionBytes } = this.#settings;
    const pages = regionBytes / pageBytes;
    // One more than the pages need: other memory lies between two regions.
    const stride = (Math.ceil(pages / FRAME_ALIGNMENT) + 1) * FRAME_ALIGNMENT;
    return new this.#parts.Region(regionBytes, pageBytes, FIRST_FRAME + index * stride);
  }

  #driverOf(index: number): RegionDriver {
    const { behaviour, latencyUs, orderMax, transient } = this.#settings;
    const { CmaAllocator, CompatIoctl, DmaBuf, HardenedIoctl, RequestRules } = this.#parts;
    const { clock, log, nextInode } = this.#host;
    const latency = BigInt(latencyUs) * NANOSECONDS;
    const hardened = behaviour === 'hardened';
    const allocator = new CmaAllocator({
      region: this.regionFor(index),
      regions: this.regions,
      log,
      zeroing: hardened,
      orderMax: hardened ? orderMax : 0,
      DmaBuf,
      unlucky: () => transient > 0 && this.#chance.below(transient) === 0,
      nextInode,
      work: () => clock.advanceTo(clock.now + latency),
    });
    const ioctlParts = { allocator, rules: new RequestRules(), log };
    if (!hardened) return { allocator, ioctl: new RfcIoctl(ioctlParts), compatIoctl: undefined };
    const ioctl = new HardenedIoctl(ioctlParts);
    return { allocator, ioctl, compatIoctl: new CompatIoctl(ioctlParts) };
  }

  /** Registers the driver of a region, which is built into the kernel. */
  #boot(driver: RegionDriver): void {
    const wanted = { name: 'cma', driver, allocates: true, owned: true, nodeFails: false };
    const steps = this.#registry.register(wanted);
    // Nothing else runs yet.
    while (steps.next().done !== true);
  }
}
