import type { History } from '../../contract/history.ts';
import { SIGKILL } from '../../contract/linux.ts';
import type { Operation } from '../../contract/program.ts';
import { describeResult } from '../kit/history-watch.ts';
import type { ObservedRule } from '../kit/observed-rule.ts';
import { must, RuleBlocked } from '../kit/rule.ts';
import { NO_DESCRIPTOR, type RuleContext, resultsOf } from '../kit/rule-context.ts';

const badClose: Operation = { op: 'close', fd: NO_DESCRIPTOR };
const DEADLINE_MS = 200;

/** A child that exits with 7 in the middle of its operations. */
async function exiting(
  context: RuleContext,
): Promise<{ history: History; operations: Operation[] }> {
  await context.child('child');
  const operations: Operation[] = [badClose, { op: 'exit', status: 7n }, badClose, badClose];
  const threads = [{ client: 'child', operations }];
  return { history: await context.history({ threads, deadlineMs: 5000 }), operations };
}

/** A child that waits at a barrier to which no other client comes. */
async function waiting(
  context: RuleContext,
): Promise<{ history: History; operations: Operation[] }> {
  await context.child('child');
  const operations: Operation[] = [{ op: 'barrier', parties: 2n }, badClose];
  const threads = [{ client: 'child', operations }];
  const history = await context.history({ threads, deadlineMs: DEADLINE_MS });
  if (resultsOf(history, 0, operations).any(0).outcome === 'unsupported') {
    throw new RuleBlocked('the target has no barrier to wait at');
  }
  return { history, operations };
}

const deathsIn = ({ deaths }: History): string =>
  deaths
    .map(({ client, status, signal, reason }) => `${client} by ${signal ?? status} (${reason})`)
    .join(', ') || 'none';

/** Clients and Programs that end. */
export const END_RULES: readonly ObservedRule[] = [
  {
    id: 'ends/not-run',
    statement: 'An operation of a client that has ended is not-run.',
    place: 'Outcome; docs/protocol.md, Operations, exit',
    async observe(context) {
      const { history, operations } = await exiting(context);
      const results = resultsOf(history, 0, operations);
      for (const index of [2, 3]) {
        const after = results.any(index);
        must(after.outcome === 'not-run', `a close after exit returned ${describeResult(after)}`);
      }
      must(results.any(0).outcome !== 'not-run', 'a close before exit was not run');
    },
  },
  {
    id: 'ends/death',
    statement: 'A client that exits is reported with its status, in the Program in which it did.',
    place: 'Death; docs/protocol.md, record `death`',
    async observe(context) {
      const { history } = await exiting(context);
      const death = history.deaths.find(({ client }) => client === 'child');
      const right = death?.status === 7 && death.reason === 'own' && death.signal === undefined;
      must(right, `a client exited with 7; deaths: ${deathsIn(history)}`);
      const next = await context.history({
        threads: [{ client: 'main', operations: [badClose] }],
        deadlineMs: 5000,
      });
      must(next.deaths.length === 0, `the next Program reports it again: ${deathsIn(next)}`);
    },
  },
  {
    id: 'ends/signal',
    statement:
      'A client that a signal ends is reported with the signal, and wait gives its status.',
    place: 'Death.signal; docs/protocol.md, Operations, kill and wait',
    async observe(context) {
      await context.child('child');
      const operations: Operation[] = [
        { op: 'kill', client: 'child', signal: SIGKILL },
        { op: 'wait', client: 'child' },
      ];
      const threads = [{ client: 'main', operations }];
      const history = await context.history({ threads, deadlineMs: 5000 });
      const results = resultsOf(history, 0, operations);
      const status = [results.at(0), results.at(1)].at(-1)?.value;
      must(status === SIGKILL, `wait for a client that SIGKILL ended gave ${status}`);
      const death = history.deaths.find(({ client }) => client === 'child');
      must(death?.signal === 'SIGKILL', `a client was killed; deaths: ${deathsIn(history)}`);
    },
  },
  {
    id: 'deadline/hit',
    statement: 'A Program whose time is up ends, and says so.',
    place: 'Program.deadlineMs, History.deadlineHit; docs/protocol.md, record `history`, flags',
    async observe(context) {
      const { history } = await waiting(context);
      must(history.deadlineHit, 'a thread waited forever, but deadlineHit is false');
    },
  },
  {
    id: 'deadline/lost',
    statement: 'An operation that had not returned when the time was up is lost.',
    place: 'Outcome, Result.return; docs/protocol.md, record `result`, outcome',
    async observe(context) {
      const { history, operations } = await waiting(context);
      const results = resultsOf(history, 0, operations);
      const [stuck, after] = [results.any(0), results.any(1)];
      must(
        stuck.outcome === 'lost' && stuck.return === undefined,
        `a barrier at which no other thread arrived is ${describeResult(stuck)}, returned at ${stuck.return}`,
      );
      must(after.outcome === 'not-run', `the operation after it is ${after.outcome}`);
    },
  },
  {
    id: 'deadline/death',
    statement: 'A client that was killed for the deadline is reported as such.',
    place: 'Death.reason; docs/protocol.md, record `death`',
    async observe(context) {
      const { history } = await waiting(context);
      const death = history.deaths.find(({ client }) => client === 'child');
      const right = death?.reason === 'deadline' && death.signal === 'SIGKILL';
      must(right, `a client was killed for the deadline; deaths: ${deathsIn(history)}`);
    },
  },
  {
    id: 'deadline/only',
    statement: 'A Program that ends in time hit no deadline.',
    place: 'History.deadlineHit',
    async observe(context) {
      const operations = [badClose];
      const threads = [{ client: 'main', operations }];
      const history = await context.history({ threads, deadlineMs: 5000 });
      must(!history.deadlineHit, 'one close in five seconds hit its deadline');
    },
  },
];
