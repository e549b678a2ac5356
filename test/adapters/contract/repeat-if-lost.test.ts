/** A loss that accuses no target gets one more run, and never a second one. */
import t from 'tap';
import { ConnectionLost, machineError, TargetDeath } from '../../../adapters/contract/index.ts';
import { repeatIfLost } from '../../../adapters/contract/repeat-if-lost.ts';

const CUT = new ConnectionLost('the line is cut');
const FORCED = new TargetDeath('crash', 'the emulator was killed', [], true);

/** Runs that throw what is given, one after the other; then they come to the word `done`. */
async function ran(...thrown: readonly Error[]): Promise<readonly unknown[]> {
  const told: unknown[] = [];
  const end = await repeatIfLost(
    async (repeated) => {
      const error = thrown[told.filter((one) => typeof one === 'boolean').length];
      told.push(repeated);
      if (error !== undefined) throw error;
      return 'done';
    },
    async (loss) => {
      told.push(loss);
    },
  ).catch((error: Error) => error);
  return [...told, end];
}

t.test('what is not lost runs once', async (t) => {
  t.strictSame(await ran(), [false, 'done']);
});

t.test('a lost connection and a target that was ended from outside get one more run', async (t) => {
  t.strictSame(await ran(CUT), [false, CUT, true, 'done']);
  t.strictSame(await ran(FORCED), [false, FORCED, true, 'done']);
});

t.test('a second loss is thrown', async (t) => {
  t.strictSame(await ran(CUT, FORCED), [false, CUT, true, FORCED]);
  t.strictSame(await ran(FORCED, CUT), [false, FORCED, true, CUT]);
});

t.test('what the target or the machine is to blame for is thrown at once', async (t) => {
  for (const error of [new TargetDeath('hang', 'it hangs'), machineError('no route')]) {
    t.strictSame(await ran(error), [false, error]);
  }
});
