import {
  type FileName,
  fieldOfBytes,
  linux,
  type Operation,
  type OperationOf,
  type Reply,
  type Result,
  succeeded,
  textOfBytes,
  wordOf,
} from '../../adapters/contract/index.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { Skip, StepFailed } from './observation.ts';

/** Flags of a registration, see docs/test-control.md: the driver sets its allocate function. */
export const HAS_ALLOCATE = 1;
/** The driver sets its owner. */
export const HAS_OWNER = 2;
/** The device node cannot be created. */
export const NODE_FAILS = 4;
/** A registration in which nothing is missing. */
export const COMPLETE: number = HAS_ALLOCATE | HAS_OWNER;
/** Minors that can be opened; there should be no others. */
export const MINORS = 256;
/** Bytes of a name that the control node takes, its NUL not counted. */
export const NAME_BYTES_MAX = 31;

const REGISTER = linux.ioctlNumber(linux.IOC_READ | linux.IOC_WRITE, 'A', 0n, 40n);
const UNREGISTER = linux.ioctlNumber(linux.IOC_WRITE, 'A', 1n, 8n);
const REGISTER_BYTES = 40;
const UNREGISTER_BYTES = 8;
const FLAGS_OFFSET = 32;
const MINOR_OFFSET = 36;
/** Stands for the call with NULL. */
const NO_DEVICE = -1;

/** The outcome of a registration. */
export interface RegistrationOutcome {
  readonly word: string;
  /** Undefined when it was refused. */
  readonly minor: number | undefined;
}

/**
 * The test-control node in the hands of a case. It remembers what was registered, so that nothing
 * stays behind.
 */
export class Registrar {
  readonly #context: CaseContext;
  readonly #control: Reply;
  #minors: readonly number[] = [];

  private constructor(context: CaseContext, control: Reply) {
    this.#context = context;
    this.#control = control;
  }

  /** @throws {@link Skip} when the target has no such node */
  static async open(context: CaseContext): Promise<Registrar> {
    const file = '/dev/allocert_control';
    const control = await context.subject.open({ file, flags: linux.O_RDWR });
    if (!control.ok) throw new Skip(`the target has no test-control node: ${control.word}`);
    return new Registrar(context, control);
  }

  /** A registration as an operation of a larger Program; {@link note} must see its result. */
  registerStep(name = 'allocert', flags: number = COMPLETE): OperationOf<'ioctl'> {
    const bytes = new Uint8Array(REGISTER_BYTES);
    bytes.set(new TextEncoder().encode(name).subarray(0, NAME_BYTES_MAX));
    new DataView(bytes.buffer).setUint32(FLAGS_OFFSET, flags, true);
    const fd = { slot: this.#control.slot };
    return { op: 'ioctl', fd, request: REGISTER, argument: { bytes } };
  }

  /** The opposite; `undefined` unregisters NULL. */
  unregisterStep(minor: number | undefined): OperationOf<'ioctl'> {
    const bytes = new Uint8Array(UNREGISTER_BYTES);
    new DataView(bytes.buffer).setInt32(0, minor ?? NO_DEVICE, true);
    const fd = { slot: this.#control.slot };
    return { op: 'ioctl', fd, request: UNREGISTER, argument: { bytes } };
  }

  /** The outcome of a {@link registerStep}. */
  note(result: Result | undefined): RegistrationOutcome {
    if (result === undefined) throw new Error('the registration has no result');
    const word = wordOf(result);
    if (!succeeded(result)) return { word, minor: undefined };
    const minor = Number(fieldOfBytes(result.out, MINOR_OFFSET, 4, true) ?? NO_DEVICE);
    this.#minors = [...this.#minors, minor];
    return { word, minor };
  }

  /** Says that a device is unregistered, by whatever way. */
  forget(minor: number): void {
    const at = this.#minors.indexOf(minor);
    this.#minors = this.#minors.filter((_, index) => index !== at);
  }

  /** Tries to register an allocator. */
  async register(name?: string, flags?: number): Promise<RegistrationOutcome> {
    const history = await this.#context.runSteps(SUBJECT, [this.registerStep(name, flags)]);
    return this.note(history.threads[0]?.[0]);
  }

  /**
   * The minor of a device that the case needs before it can observe anything.
   *
   * @throws {@link StepFailed} when a valid registration is refused
   */
  async device(name?: string): Promise<number> {
    const { word, minor } = await this.register(name);
    if (minor !== undefined) return minor;
    throw new StepFailed('register', word, 'a valid registration failed with');
  }

  /** Unregisters a device, or NULL. Returns the outcome, in one word. */
  async unregister(minor: number | undefined): Promise<string> {
    const step = this.unregisterStep(minor);
    const result = (await this.#context.runSteps(SUBJECT, [step])).threads[0]?.[0];
    if (minor !== undefined) this.forget(minor);
    return result === undefined ? 'none' : wordOf(result);
  }

  /** The class: one line for each device, `NAME MAJOR:MINOR`, in order of text. */
  async listing(): Promise<readonly string[]> {
    const document = '/sys/class/simple_allocator';
    const { ok, out, word } = await this.#context.subject.readfile({ document });
    if (!ok) throw new Skip(`the class cannot be listed: ${word}`);
    return classLines(out);
  }

  /**
   * Minors that a registration may get next: the lowest free one, and the one after the last.
   *
   * @param listing the class, when it was read before
   */
  async nextMinors(listing?: readonly string[]): Promise<readonly number[]> {
    const used = (listing ?? (await this.listing())).map(minorIn);
    let lowest = 0;
    while (used.includes(lowest)) lowest += 1;
    const candidates = new Set([lowest, Math.max(-1, ...used) + 1]);
    return [...candidates].filter((minor) => minor < MINORS);
  }

  /** How many devices there are: in the class, and behind a minor that opens. */
  async presentDevices(): Promise<number> {
    const minors = (await this.listing()).map(minorIn).filter((minor) => minor < MINORS);
    const present: number[] = [];
    for (const minor of minors) {
      const device = await this.open(minor);
      if (!device.ok) continue;
      present.push(minor);
      await this.#context.subject.close({ fd: device });
    }
    return present.length;
  }

  /** Opens a device by its minor, in `subject`. */
  async open(minor: number): Promise<Reply> {
    return this.#context.subject.open({ file: minorFile(minor), flags: linux.O_RDWR });
  }

  /** A device that was registered, opened. */
  async opened(minor: number): Promise<Reply> {
    const device = minor < MINORS ? await this.open(minor) : undefined;
    if (device?.ok === true) return device;
    const why = device === undefined ? 'it is beyond the last' : device.word;
    throw new StepFailed('register', why, `the new device with minor ${minor} cannot be opened:`);
  }

  /** Unregisters all that is left, and says in a word what became of it. */
  async clear(): Promise<{ readonly word: string; readonly count: number }> {
    const minors = this.#minors;
    this.#minors = [];
    const steps = minors.map((minor) => this.unregisterStep(minor));
    const results = await this.#run(steps);
    const refused = results.find((result) => !succeeded(result));
    const word = refused === undefined ? await this.#remainder(minors) : wordOf(refused);
    return { word, count: minors.length };
  }

  async #remainder(minors: readonly number[]): Promise<string> {
    const listed = (await this.listing()).map(minorIn);
    if (minors.some((minor) => listed.includes(minor))) return 'still-listed';
    const nodes = minors.filter((minor) => minor < MINORS).map(minorFile);
    const flags = linux.O_RDWR;
    const opens = await this.#run(nodes.map((file): Operation => ({ op: 'open', file, flags })));
    return opens.some((result) => succeeded(result)) ? 'still-opens' : 'removed';
  }

  async #run(operations: readonly Operation[]): Promise<readonly Result[]> {
    if (operations.length === 0) return [];
    const history = await this.#context.runSteps(SUBJECT, operations);
    return history.threads[0] ?? [];
  }
}

/** The file that Programs open to reach a minor. */
export const minorFile = (minor: number): FileName => `minor:${minor}`;

/** The minor in a line of the class. */
export const minorIn = (line: string): number => Number(/:(\d+)$/.exec(line)?.[1] ?? -1);

/** The lines of a document of the class. */
export const classLines = (out: Uint8Array): readonly string[] =>
  textOfBytes(out)
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
