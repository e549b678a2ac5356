import fc from 'fast-check';
import type { Operation, Result, Session } from '../../adapters/contract/index.ts';
import { succeeded } from '../../adapters/contract/index.ts';
import { commandOf, fieldOf, readField, requestBytes } from '../../catalogue/abi-request.ts';
import { abiNamed } from '../../catalogue/catalogue.ts';

/** Commands of a run: with as many, what a run costs by itself no longer counts. */
const COMMANDS = 1000;
const SLOTS = 32;
const PAGE = 4096n;
const ABI = abiNamed('simple-allocator');

/** What is known of the buffers that live. */
interface Model {
  readonly buffers: { descriptor: bigint; address: bigint; length: bigint; byte: number }[];
}

/** A session with an open device. */
class Real {
  readonly #session: Session;
  readonly device: bigint;
  operations = 0;

  private constructor(session: Session, device: bigint) {
    this.#session = session;
    this.device = device;
  }

  static async on(session: Session): Promise<Real> {
    await session.begin('bench');
    const real = new Real(session, 0n);
    const opened = await real.call({ op: 'open', file: 'region:0', flags: 2n });
    return new Real(session, opened.value);
  }

  async call(operation: Operation): Promise<Result> {
    this.operations += 1;
    const threads = [{ client: 'main', operations: [operation] }];
    const { threads: results } = await this.#session.run({ threads, deadlineMs: 10_000 });
    const result = results[0]?.[0];
    if (result === undefined || !succeeded(result)) throw new Error(`${operation.op} failed`);
    return result;
  }
}

function expect(right: boolean, what: string): void {
  if (!right) throw new Error(`${what} was not as the model has it`);
}

class Allocate implements fc.AsyncCommand<Model, Real> {
  readonly #length: bigint;
  constructor(pages: number) {
    this.#length = BigInt(pages) * PAGE;
  }
  check = ({ buffers }: Model): boolean => buffers.length < SLOTS;
  async run({ buffers }: Model, real: Real): Promise<void> {
    const length = this.#length;
    const argument = { bytes: requestBytes(ABI, { length }) };
    const request = { op: 'ioctl', fd: real.device, request: commandOf(ABI), argument } as const;
    const descriptor = readField((await real.call(request)).out, fieldOf(ABI, 'descriptor'));
    const isNew = buffers.every((one) => one.descriptor !== descriptor);
    expect(isNew, 'a descriptor');
    const mapping = { op: 'mmap', length, protection: 3n, flags: 1n, fd: descriptor } as const;
    const { value: address } = await real.call(mapping);
    const bytes = Uint8Array.of(0);
    const zero = await real.call({ op: 'scan', address, length, bytes });
    expect(zero.value === length, 'a new buffer');
    buffers.push({ descriptor, address, length, byte: 0 });
  }
}

class OnBuffer implements fc.AsyncCommand<Model, Real> {
  readonly #which: number;
  readonly #kind: 'free' | 'fill' | 'look';
  constructor(which: number, kind: 'free' | 'fill' | 'look') {
    this.#which = which;
    this.#kind = kind;
  }
  check = ({ buffers }: Model): boolean => buffers.length > 0;
  async run({ buffers }: Model, real: Real): Promise<void> {
    const at = this.#which % buffers.length;
    const one = buffers[at];
    if (one === undefined) return;
    const { address, descriptor, length } = one;
    if (this.#kind === 'free') {
      await real.call({ op: 'munmap', address, length });
      await real.call({ op: 'close', fd: descriptor });
      buffers.splice(at, 1);
    } else if (this.#kind === 'fill') {
      one.byte = (one.byte + 1) % 256;
      await real.call({ op: 'store', address, length, bytes: Uint8Array.of(one.byte) });
    } else {
      const bytes = Uint8Array.of(one.byte);
      const scanned = await real.call({ op: 'scan', address, length, bytes });
      expect(scanned.value === length, 'a buffer');
    }
  }
}

/**
 * `asyncModelRun` on a session, one Program for each call, as somebody would write it who has no
 * fuzzer.
 *
 * @returns how many operations were run
 */
export async function sessionModelRuns(session: Session, runs: number): Promise<number> {
  let count = 0;
  const which = fc.nat(SLOTS);
  const allocate = fc.integer({ min: 1, max: 8 }).map((pages) => new Allocate(pages));
  const on = (kind: 'free' | 'fill' | 'look') => which.map((one) => new OnBuffer(one, kind));
  const arbitraries = [allocate, on('free'), on('fill'), on('look')];
  const commands = fc.commands<Model, Real, false>(arbitraries, {
    ...{ maxCommands: COMMANDS, size: 'max' },
  });
  await fc.assert(
    fc.asyncProperty(commands, async (list) => {
      const real = await Real.on(session);
      await fc.asyncModelRun(() => ({ model: { buffers: [] }, real }), list);
      count += real.operations;
    }),
    { numRuns: runs },
  );
  return count;
}
