import fc from 'fast-check';
import type { PackedTarget } from '../../adapters/contract/packed.ts';
import type { PackedCalls } from '../../adapters/simulator/parallel/run.ts';

/** Commands of a run: with as many, what a run costs by itself no longer counts. */
const COMMANDS = 1000;
const SLOTS = 32;

/** Nothing to be done, and nothing to be known of it: the command that costs the least. */
const idle: fc.Command<object, object> = { check: () => true, run: () => undefined };

/**
 * What `modelRun` does by itself: it generates commands and runs them on a target that does nothing.
 *
 * @returns how many commands were run
 */
export function idleModelRuns(runs: number): number {
  let count = 0;
  const counting = {
    ...idle,
    run: () => {
      count += 1;
    },
  };
  const commands = fc.commands([fc.constant(counting)], { maxCommands: COMMANDS, size: 'max' });
  fc.assert(
    fc.property(commands, (list) => fc.modelRun(() => ({ model: {}, real: {} }), list)),
    { numRuns: runs },
  );
  return count;
}

/** What is known of the buffers in slots. */
interface Model {
  readonly slots: { descriptor: number; word: number }[];
}

type Real = PackedCalls;

function expect(right: boolean, what: string): void {
  if (!right) throw new Error(`${what} was not as the model has it`);
}

class Allocate implements fc.AsyncCommand<Model, Real> {
  readonly pages: number;
  constructor(pages: number) {
    this.pages = pages;
  }
  check = ({ slots }: Model): boolean => slots.length < SLOTS;
  async run({ slots }: Model, real: Real): Promise<void> {
    expect(real.allocate(this.pages) === 0, 'an allocation');
    const descriptor = real.value;
    expect(
      slots.every((slot) => slot.descriptor !== descriptor),
      'a descriptor',
    );
    real.page = -1;
    expect(real.check(descriptor, 0) === 0 && real.page === -1, 'a new buffer');
    const word = descriptor + 1000;
    real.stamp(descriptor, word);
    slots.push({ descriptor, word });
  }
}

class OnSlot implements fc.AsyncCommand<Model, Real> {
  readonly which: number;
  readonly kind: 'close' | 'stamp' | 'check';
  constructor(which: number, kind: 'close' | 'stamp' | 'check') {
    this.which = which;
    this.kind = kind;
  }
  check = ({ slots }: Model): boolean => slots.length > 0;
  async run({ slots }: Model, real: Real): Promise<void> {
    const at = this.which % slots.length;
    const slot = slots[at];
    if (slot === undefined) return;
    if (this.kind === 'check') {
      real.page = -1;
      expect(real.check(slot.descriptor, slot.word) === 0 && real.page === -1, 'a buffer');
    } else if (this.kind === 'stamp') {
      slot.word += 1;
      real.stamp(slot.descriptor, slot.word);
    } else {
      expect(real.close(slot.descriptor) === 0, 'a close');
      slots.splice(at, 1);
    }
  }
}

/** Operations of a command: an allocation looks at its buffer, and stamps it. */
const operationsOf = (command: string): number => (command === 'Allocate' ? 3 : 1);

/**
 * The simulator of parallel mode under `asyncModelRun`, with about the mix of parallel rounds.
 *
 * @returns how many operations were run
 */
export async function simulatedModelRuns(target: PackedTarget, runs: number): Promise<number> {
  let count = 0;
  const memory = new Int32Array(new SharedArrayBuffer(target.words * 4));
  const counted = <T extends Allocate | OnSlot>(command: T): T => {
    const run = command.run.bind(command);
    command.run = async (model: Model, real: Real): Promise<void> => {
      count += operationsOf(command.constructor.name);
      await run(model, real);
    };
    return command;
  };
  const which = fc.nat(SLOTS);
  const allocate = fc.integer({ min: 1, max: 8 }).map((pages) => counted(new Allocate(pages)));
  const on = (kind: OnSlot['kind']) => which.map((slot) => counted(new OnSlot(slot, kind)));
  const arbitraries = [allocate, allocate, on('close'), on('stamp'), on('check'), on('check')];
  const commands = fc.commands<Model, Real, false>(arbitraries, {
    ...{ maxCommands: COMMANDS, size: 'max' },
  });
  await fc.assert(
    fc.asyncProperty(commands, (list) =>
      fc.asyncModelRun(() => {
        memory.fill(0);
        target.format(memory);
        const real = target.join(memory) as unknown as Real;
        return { model: { slots: [] }, real };
      }, list),
    ),
    { numRuns: runs },
  );
  return count;
}
