import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import type { RegionDriver } from '../buffers/device-ioctl.ts';
import { failed } from '../kernel/errno.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import { type FileStatus, OpenFile } from '../kernel/open-file.ts';
import type { DeviceRegistration, Registry } from './registry.ts';

const { MISC_MAJOR, S_IFCHR } = linuxNumbers;

/** The node's path. Programs open it by this name. */
export const CONTROL_NODE = '/dev/allocert_control';
/** `_IOWR('A', 0, 40 bytes)` and `_IOW('A', 1, 8 bytes)`. */
const REGISTER = 0xc0284100;
const UNREGISTER = 0x40084101;
const REGISTER_BYTES = 40;
const UNREGISTER_BYTES = 8;
const NAME_BYTES = 32;
const FLAGS_OFFSET = 32;
const MINOR_OFFSET = 36;
const ALLOCATE = 1;
const OWNER = 2;
const NODE_FAILS = 4;
const FLAGS_KNOWN = ALLOCATE | OWNER | NODE_FAILS;
/** Stands for the call with NULL. */
const NO_DEVICE = -1;
/** Of a misc device, whose major is MISC_MAJOR. */
const MISC_MINOR = 200;

/** The kernel as the test-control driver needs it. */
export interface ControlOptions {
  readonly log: KernelLog;
  readonly registry: Registry;
  /** The driver that its devices allocate with. */
  readonly driver: RegionDriver;
}

/** An open test-control node, a driver that registers allocators: docs/test-control.md. */
export class ControlFile extends OpenFile {
  readonly #machine: ControlOptions;

  constructor(flags: number, machine: ControlOptions) {
    super(machine.log, flags);
    this.#machine = machine;
  }

  link(): string {
    return CONTROL_NODE;
  }

  status(): FileStatus {
    const special = MISC_MAJOR * 256 + MISC_MINOR;
    return { mode: S_IFCHR | 0o600, size: 0n, inode: 1, device: 5, special };
  }

  override get rootOnly(): boolean {
    return true;
  }

  override reopen(flags: number): OpenFile {
    return new ControlFile(flags, this.#machine);
  }

  protected override release(): void {}

  override *ioctl(request: number, argument: UserArgument): SystemCall<bigint | ErrnoName> {
    if (request === REGISTER) return yield* this.#register(argument);
    return request === UNREGISTER ? yield* this.#unregister(argument) : 'ENOTTY';
  }

  *#register(argument: UserArgument): SystemCall<bigint | ErrnoName> {
    const { registry } = this.#machine;
    const bytes = argument.copyIn(REGISTER_BYTES);
    if (bytes === undefined) return 'EFAULT';
    const wanted = registrationIn(bytes, this.#machine.driver);
    if (wanted === undefined) return 'EINVAL';
    const minor = yield* registry.register(wanted);
    if (failed(minor)) return minor;
    new DataView(bytes.buffer).setInt32(MINOR_OFFSET, minor, true);
    if (argument.copyOut(bytes)) return 0n;
    // Nobody would know which device to unregister.
    yield* registry.unregister(minor);
    return 'EFAULT';
  }

  *#unregister(argument: UserArgument): SystemCall<bigint | ErrnoName> {
    const bytes = argument.copyIn(UNREGISTER_BYTES);
    if (bytes === undefined) return 'EFAULT';
    const view = new DataView(bytes.buffer);
    if (view.getUint32(4, true) !== 0) return 'EINVAL';
    const minor = view.getInt32(0, true);
    return yield* this.#machine.registry.unregister(minor === NO_DEVICE ? undefined : minor);
  }
}

/** The registration that a program asks for; undefined when it is malformed. */
function registrationIn(bytes: Uint8Array, driver: RegionDriver): DeviceRegistration | undefined {
  const end = bytes.subarray(0, NAME_BYTES).indexOf(0);
  const flags = new DataView(bytes.buffer).getUint32(FLAGS_OFFSET, true);
  if (end === -1 || (flags & ~FLAGS_KNOWN) !== 0) return undefined;
  return {
    name: String.fromCharCode(...bytes.subarray(0, end)),
    driver,
    allocates: (flags & ALLOCATE) !== 0,
    owned: (flags & OWNER) !== 0,
    nodeFails: (flags & NODE_FAILS) !== 0,
  };
}
