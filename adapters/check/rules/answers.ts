import { MAP_SHARED, O_RDONLY, PROT_READ, SEEK_SET } from '../../contract/linux.ts';
import type { Operation } from '../../contract/program.ts';
import { describeResult } from '../kit/history-watch.ts';
import type { ObservedRule } from '../kit/observed-rule.ts';
import { must } from '../kit/rule.ts';
import { NO_DESCRIPTOR, resultsOf } from '../kit/rule-context.ts';

const MANY = 50;
const SLEEP_US = 2000n;
const NANOSECONDS = 1000n;
const badClose: Operation = { op: 'close', fd: NO_DESCRIPTOR };

/** Answers as a whole: all of them, each in its place, with the truth about failure. */
export const ANSWER_RULES: readonly ObservedRule[] = [
  {
    id: 'answers/order',
    statement: 'Results stand in the order of their operations.',
    place: 'History.threads; docs/protocol.md, record `result`',
    async observe(context) {
      const operations = [
        await context.opening('a'),
        await context.opening('b'),
        { op: 'close', fd: { slot: 'a' } },
      ] as const;
      const results = await context.run(operations);
      const values = [0, 1, 2].map((index) => results.at(index).value);
      const [first = 0n, second = 0n, closed] = values;
      must(
        first > 0n && second > first && closed === 0n,
        `two opens and a close returned the values ${values.join(', ')}`,
      );
    },
  },
  {
    id: 'answers/threads',
    statement: 'Each thread’s results stand in the place of that thread.',
    place: 'History.threads; docs/protocol.md, record `thread`',
    async observe(context) {
      const first = [await context.opening('a')];
      const second: Operation[] = [{ op: 'sleep', microseconds: 1n }];
      const history = await context.history({
        threads: [
          { client: 'main', operations: first },
          { client: 'main', operations: second },
        ],
        deadlineMs: 5000,
      });
      const opened = resultsOf(history, 0, first).at(0);
      const slept = resultsOf(history, 1, second).at(0);
      must(
        opened.value > 0n && slept.value === 0n,
        `an open in thread 0 returned ${opened.value}, a sleep in thread 1 ${slept.value}`,
      );
    },
  },
  {
    id: 'answers/many',
    statement: 'A long Program is answered to its end.',
    place: 'Session.run; docs/protocol.md, record `program`',
    async observe(context) {
      const results = await context.run(Array.from({ length: MANY }, () => badClose));
      must(results.at(MANY - 1).outcome === 'returned', `operation ${MANY} did not return`);
    },
  },
  {
    id: 'answers/out',
    statement: 'An ioctl gives its argument back as it is afterwards, failed or not.',
    place: 'Result.out; docs/protocol.md, Operations, ioctl',
    async observe(context) {
      const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
      const results = await context.run([
        { op: 'ioctl', fd: NO_DESCRIPTOR, request: 0n, argument: { bytes } },
      ]);
      const { out } = results.at(0);
      must(
        Buffer.from(out).equals(bytes),
        `an argument of 01…08 that was not written came back as ${Buffer.from(out).toString('hex')}`,
      );
    },
  },
  {
    id: 'clock/unit',
    statement: 'Times are nanoseconds: a sleep takes at least as long as it asks for.',
    place: 'Result.call; docs/protocol.md, record `result`, call_ns',
    async observe(context) {
      const slept = (await context.run([{ op: 'sleep', microseconds: SLEEP_US }])).at(0);
      const took = (slept.return ?? slept.call) - slept.call;
      must(took >= SLEEP_US * NANOSECONDS, `a sleep of 2 ms took ${took} ns of the target's clock`);
    },
  },
  {
    id: 'errno/told',
    statement: 'A call that failed says with which errno.',
    place: 'Result.errno; docs/protocol.md, record `result`, error',
    async observe(context) {
      const closed = (await context.run([badClose])).at(0);
      must(
        closed.outcome === 'returned' && closed.errno === 'EBADF',
        `close of a descriptor that is not open returned ${describeResult(closed)}`,
      );
    },
  },
  {
    id: 'facts/capabilities',
    statement: 'Of each group of operations that the facts list, something is there.',
    place: 'TargetFacts.capabilities; docs/protocol.md, Operations, group',
    async observe(context) {
      for (const [capability, operations] of Object.entries(PROBES)) {
        if (!context.facts.capabilities.some((one) => one === capability)) continue;
        const results = await context.run(operations);
        const outcomes = operations.map((_, index) => results.any(index).outcome);
        must(
          outcomes.some((outcome) => outcome !== 'unsupported'),
          `the facts list ${capability}, but all of its operations are unsupported`,
        );
      }
    },
  },
];

/** Calls that change nothing, for the groups whose operations can be tried so. */
const PROBES: Readonly<Record<string, readonly Operation[]>> = {
  files: [
    badClose,
    { op: 'open', file: '/dev/null', flags: O_RDONLY },
    { op: 'dup', fd: NO_DESCRIPTOR },
    { op: 'fstat', fd: NO_DESCRIPTOR },
    { op: 'lseek', fd: NO_DESCRIPTOR, offset: 0n, whence: SEEK_SET },
    { op: 'ioctl', fd: NO_DESCRIPTOR, request: 0n, argument: { bytes: new Uint8Array(8) } },
  ],
  memory: [
    { op: 'mmap', length: 4096n, protection: PROT_READ, flags: MAP_SHARED, fd: NO_DESCRIPTOR },
    { op: 'load', address: 0n, length: 1n },
    { op: 'munmap', address: 0n, length: 0n },
  ],
  clients: [
    { op: 'kill', client: 'main', signal: 0n },
    { op: 'wait', client: 'main' },
  ],
  sockets: [
    { op: 'sendfd', fd: NO_DESCRIPTOR, passed: NO_DESCRIPTOR },
    { op: 'recvfd', fd: NO_DESCRIPTOR },
  ],
  procfs: [{ op: 'descriptors' }, { op: 'readlink', fd: NO_DESCRIPTOR }],
  limits: [{ op: 'setrlimit', resource: 999n, soft: 0n }],
  timing: [
    { op: 'sleep', microseconds: 0n },
    { op: 'barrier', parties: 1n },
  ],
  frames: [{ op: 'frames', address: 0n, length: 0n }],
};
