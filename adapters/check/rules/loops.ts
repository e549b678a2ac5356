import type { RepeatStep, Result } from '../../contract/history.ts';
import type { Operation } from '../../contract/program.ts';
import type { ObservedRule } from '../kit/observed-rule.ts';
import { must, RuleBlocked } from '../kit/rule.ts';
import { NO_DESCRIPTOR, type RuleContext } from '../kit/rule-context.ts';

const PLACE = 'RepeatStep; docs/protocol.md, Operations, repeat';
const badClose: Operation = { op: 'close', fd: NO_DESCRIPTOR };

const repeat = (
  times: bigint,
  stop: 'never' | 'failure' | 'success',
  ...body: Operation[]
): Operation => ({ op: 'repeat', times, stop, body });

/** The one `repeat` of a Program, after what has to come first. */
async function looped(
  context: RuleContext,
  loop: Operation,
  ...before: Operation[]
): Promise<Result> {
  return (await context.run([...before, loop])).at(before.length);
}

/** The summary of one operation of the body; unsupported ones say nothing. */
function stepOf(result: Result, index: number): RepeatStep {
  const step = result.steps?.[index];
  must(step !== undefined, `repeat has no summary of operation ${index} of its body`);
  if (step.failures.unsupported !== undefined) {
    throw new RuleBlocked('the target lacks an operation that is repeated');
  }
  return step;
}

/** Numbers that a summary must have, in words for the sentence. */
const counts = ({ succeeded, failed, failures }: RepeatStep): string =>
  [`${succeeded} succeeded`, `${failed} failed`]
    .concat(Object.entries(failures).map(([word, count]) => `${count} ${word}`))
    .join(', ');

/** The summaries that `repeat` gives of its iterations. */
export const LOOP_RULES: readonly ObservedRule[] = [
  {
    id: 'repeat/counts',
    statement: 'A summary counts every iteration once, and its failures by their errno.',
    place: PLACE,
    async observe(context) {
      const result = await looped(context, repeat(7n, 'never', badClose));
      const step = stepOf(result, 0);
      const right = step.succeeded === 0n && step.failed === 7n && step.failures.EBADF === 7n;
      must(right, `7 closes of no descriptor: ${counts(step)}`);
      must(result.value === 7n, `7 whole iterations returned the value ${result.value}`);
    },
  },
  {
    id: 'repeat/steps',
    statement: 'There is one summary for each operation of the body, in its order.',
    place: PLACE,
    async observe(context) {
      const result = await looped(
        context,
        repeat(3n, 'never', await context.opening('f[i]'), badClose),
      );
      const [open, close] = [stepOf(result, 0), stepOf(result, 1)];
      must(result.steps?.length === 2, `${result.steps?.length} summaries of 2 operations`);
      const right = open.succeeded === 3n && close.failed === 3n;
      must(right, `of 3 opens: ${counts(open)}; of 3 closes of no descriptor: ${counts(close)}`);
    },
  },
  {
    id: 'repeat/first-last',
    statement: 'First and last are the results of the first and of the last iteration.',
    place: PLACE,
    async observe(context) {
      const result = await looped(context, repeat(4n, 'never', await context.opening('f[i]')));
      const { first, last } = stepOf(result, 0);
      must(
        first.value < last.value && (first.return ?? first.call) <= last.call,
        `4 opens: the first gave ${first.value}, the last ${last.value}`,
      );
    },
  },
  {
    id: 'repeat/family',
    statement: 'In `repeat`, x[i] is a slot of its own in each iteration.',
    place: 'SlotRef; docs/protocol.md, record `operand`, flags',
    async observe(context) {
      const opening = repeat(4n, 'never', await context.opening('f[i]'));
      const closing = repeat(4n, 'never', { op: 'close', fd: { slot: 'f[i]' } });
      const step = stepOf(await looped(context, closing, opening), 0);
      must(step.succeeded === 4n, `closing 4 descriptors by their slots: ${counts(step)}`);
    },
  },
  {
    id: 'repeat/anomalies',
    statement: 'Results unlike the first iteration’s are kept, with their iteration.',
    place: PLACE,
    async observe(context) {
      const closing = repeat(3n, 'never', { op: 'close', fd: { slot: 'a' } });
      const { anomalies } = stepOf(await looped(context, closing, await context.opening('a')), 0);
      const seen = anomalies.map(({ iteration, result }) => `${iteration} ${result.errno}`);
      must(
        seen.join() === '1 EBADF,2 EBADF',
        `a close that works once, three times: anomalies ${seen.join(', ') || 'none'}`,
      );
    },
  },
  {
    id: 'repeat/stop',
    statement: 'A failure ends a `repeat` that stops at failures; that iteration does not count.',
    place: 'StopRule; docs/protocol.md, Operations, repeat',
    async observe(context) {
      const closing = repeat(5n, 'failure', { op: 'close', fd: { slot: 'a' } });
      const result = await looped(context, closing, await context.opening('a'));
      const { succeeded, failed } = stepOf(result, 0);
      must(
        result.value === 1n && succeeded === 1n && failed === 1n,
        `a close that works once: value ${result.value}, ${succeeded} succeeded, ${failed} failed`,
      );
    },
  },
];
