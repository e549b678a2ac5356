import {
  type Client,
  createClient,
  type History,
  linux,
  type Operation,
  type OperationOf,
  type Placement,
  type Program,
  type RegionFacts,
  type Reply,
  type Session,
  type SlotRef,
  type TargetFacts,
  type Thread,
} from '../../adapters/contract/index.ts';
import {
  commandOf,
  type Fields,
  fieldOf,
  readField,
  requestBytes,
} from '../../catalogue/abi-request.ts';
import type { Abi, Role } from '../../catalogue/catalogue.ts';
import { complaintsIn } from '../../oracles/alarms.ts';
import { Losses } from './losses.ts';
import { Inconclusive, type Observation, StepFailed } from './observation.ts';
import { refuseUnsupported } from './unsupported.ts';

/** Milliseconds that a single Program gets unless the case says otherwise. */
export const DEFAULT_DEADLINE_MS = 20_000;

/** The client in which a case acts: a child of `main`, so that its end can be watched. */
export const SUBJECT = 'subject';

/** The part of a case that its context must know. */
export interface DeclaredCase {
  /** The requirement that it observes first, a slash, and what it changes. */
  readonly id: string;
  /** Every requirement that it may observe; an observation of another one is an error. */
  readonly requirements: readonly string[];
  /** Milliseconds for each Program, when the default is too short. */
  readonly deadlineMs?: number;
}

/** An allocation that was asked for, and its outcome. */
export interface Allocation {
  readonly reply: Reply;
  readonly client: Client;
  /** The new descriptor, as an operand. */
  readonly fd: SlotRef;
  /** The outcome of `reply`, in one word. */
  readonly word: string;
}

/** How an allocation is asked for when not in the plain way. */
export interface AllocateOptions {
  readonly client?: Client;
  readonly device?: SlotRef;
  readonly placement?: Placement;
  readonly request?: bigint;
  /** Bytes of the argument: it is cut, or padded with zeros. */
  readonly size?: number;
}

/**
 * Everything that a case is given: clients on the target, requests in the target's ABI, and a place
 * to say what was observed. It never says what is right.
 */
export class CaseContext {
  readonly facts: TargetFacts;
  readonly region: RegionFacts;
  readonly abi: Abi;
  /** The process in which the case acts; it dies with the case. */
  readonly subject: Client;
  readonly #session: Session;
  readonly #case: DeclaredCase;
  readonly #observations: Observation[] = [];
  readonly #alarms: string[] = [];
  readonly #losses = new Losses();
  #slots = 0;
  #device: Reply | undefined;

  constructor(session: Session, region: RegionFacts, abi: Abi, case_: DeclaredCase) {
    this.facts = session.facts;
    this.region = region;
    this.abi = abi;
    this.#session = session;
    this.#case = case_;
    this.subject = this.client(SUBJECT);
  }

  get observations(): readonly Observation[] {
    return this.#observations;
  }

  get alarms(): readonly string[] {
    return this.#alarms;
  }

  /** The target's page size, as an operand. */
  get page(): bigint {
    return BigInt(this.facts.pageSize);
  }

  /** Records what was seen of a requirement. */
  observe(requirement: string, role: string, observed: string, detail: string): void {
    if (!this.#case.requirements.includes(requirement)) {
      throw new Error(`case ${this.#case.id} does not declare ${requirement}`);
    }
    this.#observations.push({ requirement, role, observed, detail });
  }

  get caseId(): string {
    return this.#case.id;
  }

  /** A client that must outlive the case: its unexpected death ends the case as a crash. */
  client(clientName: string): Client {
    return this.#makeClient(clientName, (history) => this.#losses.check(history, [clientName]));
  }

  /**
   * A client that the OOM killer may take for what it asks for; `lost` is then a result like any
   * other. A call that never ends, or another signal, ends the case all the same.
   */
  sacrificialClient(clientName: string): Client {
    return this.#makeClient(clientName, (history) => {
      const killed = history.deaths.every((death) => death.signal === 'SIGKILL');
      if (history.deadlineHit || !killed) this.#losses.check(history, [clientName]);
    });
  }

  #makeClient(clientName: string, onLoss: (history: History) => void): Client {
    return createClient({
      session: this.#session,
      clientName,
      deadlineMs: () => this.#case.deadlineMs ?? DEFAULT_DEADLINE_MS,
      nextSlot: () => `s${this.#slots++}`,
      onHistory: (history, program) => {
        this.#checkHistory(history, program);
        onLoss(history);
      },
    });
  }

  #checkHistory(history: History, program: Program, mayLack = false): void {
    this.#alarms.push(...complaintsIn(history.log));
    this.#losses.note(history);
    if (mayLack) return;
    refuseUnsupported(history, program);
  }

  /** The region's device, opened once in `subject` for reading and writing. */
  async device(): Promise<Reply> {
    this.#device ??= await this.openDevice(this.subject);
    return this.#device;
  }

  /** Opens the region's device in a client; a failure leaves nothing to say about anything else. */
  async openDevice(client: Client, flags: bigint = linux.O_RDWR): Promise<Reply> {
    const reply = await client.open({ file: this.region.name, flags });
    if (!reply.ok) throw new StepFailed('open', reply.word, `cannot open ${this.region.node}:`);
    return reply;
  }

  /** Asks for a buffer of one page, with the given fields changed. Failure is a result. */
  async allocate(fields: Fields = {}, options: AllocateOptions = {}): Promise<Allocation> {
    const client = options.client ?? this.subject;
    const fd = options.device ?? (await this.device());
    const reply = await client.ioctl({
      fd,
      request: options.request ?? commandOf(this.abi),
      argument: {
        bytes: resized(requestBytes(this.abi, { length: this.page, ...fields }), options.size),
        ...(options.placement === undefined ? {} : { placement: options.placement }),
      },
    });
    return { reply, client, fd: this.#descriptorOf(reply), word: reply.word };
  }

  /**
   * A buffer that the case needs before it can observe anything.
   *
   * @throws {@link Inconclusive} when a valid request fails
   */
  async buffer(fields: Fields = {}, options: AllocateOptions = {}): Promise<Allocation> {
    const allocation = await this.allocate(fields, options);
    if (!allocation.reply.ok) {
      throw new StepFailed('allocate', allocation.word, 'a valid request failed with');
    }
    return allocation;
  }

  /**
   * A valid request whose success is itself what is observed. Whether memory is left is another
   * rule's question.
   *
   * @throws {@link Inconclusive} when there is none
   */
  async attempt(fields: Fields = {}): Promise<Allocation> {
    const allocation = await this.allocate(fields);
    if (allocation.word === 'ENOMEM') {
      throw new Inconclusive('blocked: the region has no page left for a valid request');
    }
    return allocation;
  }

  /** The control of a negative case: the same request, unchanged, works; then it is released. */
  async control(fields: Fields = {}, options: AllocateOptions = {}): Promise<void> {
    await this.release(await this.buffer(fields, options));
  }

  /**
   * Closes a buffer's descriptor if one was returned. A command that copies nothing out leaves the
   * 0 that was sent, which no new descriptor can be: 0 is open in every client.
   */
  async release(allocation: Allocation): Promise<void> {
    const { offset, width } = fieldOf(this.abi, 'descriptor');
    if (!allocation.reply.ok || allocation.reply.out.length < offset + width) return;
    if (this.fieldAfter(allocation, 'descriptor') === 0n) return;
    await allocation.client.close({ fd: allocation.fd });
  }

  /** The value of a field after the call. */
  fieldAfter(allocation: Allocation, role: Role): bigint {
    return readField(allocation.reply.out, fieldOf(this.abi, role));
  }

  /** A buffer mapped as asked; see {@link Inconclusive} for when that fails. */
  async map(
    allocation: Allocation,
    length: bigint,
    protection: bigint = linux.PROT_READ | linux.PROT_WRITE,
    offset = 0n,
  ): Promise<Reply> {
    const { client, fd } = allocation;
    const mapping = await client.mmap({ length, protection, flags: linux.MAP_SHARED, fd, offset });
    if (!mapping.ok) throw new StepFailed('map', mapping.word, 'mmap of a buffer failed:');
    return mapping;
  }

  /** An allocation as an operation of a larger Program; the device must be open in that client. */
  allocationStep(slot: string, device: SlotRef, fields: Fields = {}): OperationOf<'ioctl'> {
    return {
      op: 'ioctl',
      slot,
      fd: { slot: device.slot },
      request: commandOf(this.abi),
      argument: { bytes: requestBytes(this.abi, { length: this.page, ...fields }) },
    };
  }

  /** The descriptor that an {@link allocationStep} put into a slot, as an operand. */
  descriptorIn(slot: string): SlotRef {
    return this.#descriptorOf({ slot });
  }

  /** Runs operations of one client as one Program. */
  async runSteps(client: string, operations: readonly Operation[]): Promise<History> {
    return this.runThreads([{ client, operations }]);
  }

  /**
   * Runs several threads as one Program, all at once.
   *
   * @param options `seed` for the order in which a simulated target runs them; `mayDie` when a
   *   client of them is killed on purpose, so that what it did not finish is a result like any
   *   other; `mayLack` when so is an operation that the target does not offer
   */
  async runThreads(
    threads: readonly Thread[],
    options: { seed?: bigint; mayDie?: boolean; mayLack?: boolean } = {},
  ): Promise<History> {
    const deadlineMs = this.#case.deadlineMs ?? DEFAULT_DEADLINE_MS;
    const seed = options.seed === undefined ? {} : { seed: options.seed };
    const program = { threads, deadlineMs, ...seed };
    const history = await this.#session.run(program);
    this.#checkHistory(history, program, options.mayLack);
    const clients = threads.map(({ client }) => client);
    if (options.mayDie !== true || history.deadlineHit) this.#losses.check(history, clients);
    return history;
  }

  #descriptorOf(reply: { readonly slot: string }): SlotRef {
    const { offset, width, signed } = fieldOf(this.abi, 'descriptor');
    return { slot: reply.slot, offset, width, signed: signed === true };
  }
}

function resized(bytes: Uint8Array, size: number | undefined): Uint8Array {
  if (size === undefined) return bytes;
  const other = new Uint8Array(size);
  other.set(bytes.subarray(0, size));
  return other;
}
