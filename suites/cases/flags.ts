import { linux, type Operation, outcomePhrase } from '../../adapters/contract/index.ts';
import type { Case } from '../kit/case.ts';
import { stamp, zeroWord } from '../kit/contents.ts';
import { type CaseContext, SUBJECT } from '../kit/context.ts';
import { eachBit, observeEachChange } from '../kit/each-change.ts';
import { closeAll } from '../kit/filling.ts';
import { Inconclusive } from '../kit/observation.ts';
import { requireAll } from '../kit/require-all.ts';

const { O_ACCMODE, O_CLOEXEC, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = linux;

/** Cases of group `flags`: flags of the new descriptor. */
export const flagsCases: readonly Case[] = [
  {
    id: 'FLG-01/read-write-cloexec',
    title: 'O_RDWR and O_CLOEXEC together are accepted',
    requirements: ['FLG-01'],
    async run(context) {
      const { word } = await context.attempt({ flags: O_RDWR | O_CLOEXEC });
      context.observe(
        'FLG-01',
        'accepted',
        word,
        `a request with O_RDWR | O_CLOEXEC ${outcomePhrase(word)}`,
      );
    },
  },
  {
    id: 'FLG-02/cloexec',
    title: 'FD_CLOEXEC is set exactly when asked for',
    requirements: ['FLG-02'],
    async run(context) {
      for (const [role, value] of [
        ['asked', O_RDWR | O_CLOEXEC],
        ['not-asked', O_RDWR],
      ] as const) {
        const { fd } = await context.buffer({ flags: value });
        const { value: got } = await context.subject.fcntl({ fd, command: linux.F_GETFD });
        const word = (got & linux.FD_CLOEXEC) === 0n ? 'clear' : 'set';
        context.observe('FLG-02', role, word, `O_CLOEXEC ${role}: FD_CLOEXEC is ${word}`);
      }
    },
  },
  {
    id: 'FLG-03/access-mode',
    title: 'the access mode is the one asked for',
    requirements: ['FLG-03'],
    async run(context) {
      for (const [role, mode] of [
        ['read-only', O_RDONLY],
        ['write-only', O_WRONLY],
        ['read-write', O_RDWR],
      ] as const) {
        const { fd } = await context.buffer({ flags: mode | O_CLOEXEC });
        const { value } = await context.subject.fcntl({ fd, command: linux.F_GETFL });
        const word = MODE_NAMES[Number(value & O_ACCMODE)] ?? 'no access mode';
        context.observe('FLG-03', role, word, `asked for ${role}, F_GETFL says ${word}`);
      }
    },
  },
  {
    id: 'FLG-02/many',
    title: 'FD_CLOEXEC of each of many buffers is the one asked for',
    requirements: ['FLG-02'],
    async run(context) {
      for (const [role, flags] of [
        ['asked', O_RDWR | O_CLOEXEC],
        ['not-asked', O_RDWR],
      ] as const) {
        for (const got of await flagsOfMany(context, role, flags, linux.F_GETFD)) {
          const word = (got & linux.FD_CLOEXEC) === 0n ? 'clear' : 'set';
          const detail = `among up to ${MANY} buffers, O_CLOEXEC ${role}: FD_CLOEXEC is ${word}`;
          context.observe('FLG-02', role, word, detail);
        }
      }
    },
  },
  {
    id: 'FLG-03/many',
    title: 'the access mode of each of many buffers is the one asked for',
    requirements: ['FLG-03'],
    async run(context) {
      for (const [role, mode] of [
        ['read-only', O_RDONLY],
        ['write-only', O_WRONLY],
        ['read-write', O_RDWR],
      ] as const) {
        const all = await flagsOfMany(context, role, mode | O_CLOEXEC, linux.F_GETFL);
        for (const value of all) {
          const word = MODE_NAMES[Number(value & O_ACCMODE)] ?? 'no access mode';
          const detail = `up to ${MANY} buffers asked for ${role}, F_GETFL says ${word}`;
          context.observe('FLG-03', role, word, detail);
        }
      }
    },
  },
  {
    id: 'FLG-04/each-bit',
    title: 'unknown flag bits are refused',
    requirements: ['FLG-04'],
    async run(context) {
      const known = O_ACCMODE | O_CLOEXEC;
      const changes = eachBit(32, 2)
        .filter((bit) => (bit & known) === 0n)
        .map((bit) => ({
          name: `flag bit 0x${bit.toString(16)}`,
          fields: { flags: O_RDWR | O_CLOEXEC | bit },
        }));
      await observeEachChange(context, 'FLG-04', 'unknown-flag', changes);
    },
  },
  {
    id: 'FLG-05/no-mode',
    title: 'the access mode 3 is refused',
    requirements: ['FLG-05'],
    run: (context) =>
      observeEachChange(context, 'FLG-05', 'no-mode', [
        { name: 'access mode 3', fields: { flags: O_ACCMODE | O_CLOEXEC } },
      ]),
  },
  {
    id: 'FLG-06/nonblock',
    title: 'O_NONBLOCK is refused or kept',
    requirements: ['FLG-06', 'FLG-09'],
    async run(context) {
      await context.control();
      const { fd, reply, word } = await context.allocate({
        flags: O_RDWR | O_CLOEXEC | O_NONBLOCK,
      });
      for (const requirement of ['FLG-06', 'FLG-09']) {
        context.observe(requirement, 'request', word, `a request with O_NONBLOCK: ${word}`);
      }
      if (!reply.ok) return;
      const { value } = await context.subject.fcntl({ fd, command: linux.F_GETFL });
      const kept = (value & O_NONBLOCK) === 0n ? 'clear' : 'set';
      context.observe('FLG-06', 'status-flag', kept, `F_GETFL says that O_NONBLOCK is ${kept}`);
    },
  },
  {
    id: 'FLG-07/every-flag',
    title: 'no flag gives memory that was not cleared, or skips a check',
    requirements: ['FLG-07'],
    async run(context) {
      await context.control();
      const more = eachBit(32, 2).map((bit) => O_RDWR | O_CLOEXEC | bit);
      for (const value of [O_RDWR, O_RDWR | O_CLOEXEC, ...new Set(more)]) {
        const secret = await context.buffer();
        await stamp(context, secret, context.page, 0xa5);
        await context.release(secret);
        const buffer = await context.allocate({ flags: value });
        if (!buffer.reply.ok) continue;
        const flag = `flags 0x${value.toString(16)}`;
        const word = await zeroWord(context, buffer, context.page);
        context.observe('FLG-07', 'contents', word, `a new buffer with ${flag}: ${word}`);
        await context.release(buffer);
        const nothing = await context.allocate({ flags: value, length: 0n });
        const detail = `a request of length 0 with ${flag} ${outcomePhrase(nothing.word)}`;
        context.observe('FLG-07', 'zero-length', nothing.word, detail);
        await context.release(nothing);
      }
    },
  },
  {
    id: 'FLG-08/own-flags',
    title: 'each buffer has its own flags',
    requirements: ['FLG-08'],
    async run(context) {
      const wanted = [O_RDONLY, O_RDWR | O_CLOEXEC, O_WRONLY | O_CLOEXEC, O_RDWR, O_RDONLY];
      const made = [];
      for (const value of wanted) made.push({ value, ...(await context.buffer({ flags: value })) });
      for (const { value, fd } of made) {
        const { value: status } = await context.subject.fcntl({ fd, command: linux.F_GETFL });
        const { value: closing } = await context.subject.fcntl({ fd, command: linux.F_GETFD });
        const got = (status & O_ACCMODE) | (closing === 0n ? 0n : O_CLOEXEC);
        const word = got === value ? 'own' : 'other';
        const detail = `asked for flags 0x${value.toString(16)}, has 0x${got.toString(16)}`;
        context.observe('FLG-08', 'flags', word, detail);
      }
    },
  },
];

const MODE_NAMES = ['O_RDONLY', 'O_WRONLY', 'O_RDWR'] as const;

/** Buffers of the same request that live at the same time. */
const MANY = 300n;

/**
 * The different answers that fcntl gives for many buffers of the same request.
 *
 * @param family of their slots
 */
async function flagsOfMany(
  context: CaseContext,
  family: string,
  flags: bigint,
  command: bigint,
): Promise<ReadonlySet<bigint>> {
  const step = context.allocationStep(`${family}[i]`, await context.device(), { flags });
  const ask: Operation = { op: 'repeat', times: MANY, stop: 'failure', body: [step] };
  const count = (await context.runSteps(SUBJECT, [ask])).threads[0]?.[0]?.value ?? 0n;
  if (count === 0n) throw new Inconclusive('blocked: no buffer has flags to look at');
  const looks = Array.from({ length: Number(count) }, (_, index): Operation => {
    return { op: 'fcntl', fd: context.descriptorIn(`${family}[${index}]`), command };
  });
  const [results = []] = (await context.runSteps(SUBJECT, looks)).threads;
  await closeAll(context, [{ family, count }]);
  requireAll(results, `fcntl on one of ${count} buffers`);
  return new Set(results.map(({ value }) => value));
}
