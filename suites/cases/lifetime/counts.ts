import { linux, type Operation, type SlotRef } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import type { CaseContext } from '../../kit/context.ts';
import { type BalancedCalls, observeBalance } from '../../kit/reference-count.ts';
import { cycleLength } from '../../kit/sizes.ts';
import { socketEnds } from '../../kit/socket-ends.ts';
import { adviseMapping, mapBuffer, shrinkMapping, splitMapping } from './pieces.ts';
import { BUFFER_USES } from './uses.ts';

const { F_DUPFD_CLOEXEC, MSG_PEEK, O_CLOEXEC, O_PATH } = linux;
/** A descriptor that nothing else has. */
const HIGH = 64n;

/** References of one buffer, as its kernel counts them, before and after hundreds of calls. */
export const countCases: readonly Case[] = [
  {
    id: 'LIF-14/counted',
    title: 'a descriptor that is closed again leaves no reference in fdinfo’s count',
    requirements: ['LIF-14'],
    needs: ['procfs'],
    run: (context) => observeEach(context, 'LIF-14', (fd) => duplicating(context, fd)),
  },
  {
    id: 'LIF-15/counted',
    title: 'a mapping that is gone leaves no reference in fdinfo’s count',
    requirements: ['LIF-15'],
    needs: ['procfs'],
    run: (context) => observeEach(context, 'LIF-15', (fd) => mapping(context, fd)),
  },
  {
    id: 'LIF-16/counted',
    title: 'calls that use a buffer leave no reference in fdinfo’s count',
    requirements: ['LIF-16'],
    needs: ['procfs'],
    run: (context) => observeEach(context, 'LIF-16', (fd) => using(context, fd)),
  },
];

/** Does calls with one buffer, in the order given. */
async function observeEach(
  context: CaseContext,
  requirement: string,
  callsOn: (fd: SlotRef) => readonly BalancedCalls[] | Promise<readonly BalancedCalls[]>,
): Promise<void> {
  const buffer = await context.buffer({ length: cycleLength(context) });
  for (const calls of await callsOn(buffer.fd)) {
    await observeBalance(context, requirement, buffer.fd, calls);
  }
  await context.release(buffer);
}

/** Ways to make a descriptor that refers to a buffer, each with the close of it. */
function duplicating({ facts }: CaseContext, fd: SlotRef): readonly BalancedCalls[] {
  const [seen, taken] = [{ slot: 'seen' }, { slot: 'taken' }];
  const close: Operation = { op: 'close', fd: taken };
  const high: Operation = { op: 'close', fd: HIGH };
  const [one, other] = socketEnds('ends');
  const command = F_DUPFD_CLOEXEC;
  const message: Operation[] = [
    { op: 'socketpair', slot: 'ends' },
    { op: 'sendfd', fd: one, passed: fd },
    { op: 'recvfd', ...seen, fd: other, flags: MSG_PEEK },
    { op: 'recvfd', ...taken, fd: other },
    { op: 'sendfd', fd: one, passed: fd },
    ...[seen, taken, one, other].map((end): Operation => ({ op: 'close', fd: end })),
  ];
  return [
    { name: 'dup', body: [{ op: 'dup', ...taken, fd }, close] },
    { name: 'dup2', body: [{ op: 'dup2', fd, to: HIGH }, { op: 'dup2', fd, to: HIGH }, high] },
    { name: 'dup3', body: [{ op: 'dup3', fd, to: HIGH, flags: O_CLOEXEC }, high] },
    { name: 'F_DUPFD_CLOEXEC', body: [{ op: 'fcntl', ...taken, fd, command, value: HIGH }, close] },
    { name: 'O_PATH', body: [{ op: 'reopen', ...taken, fd, flags: O_PATH }, close] },
    ...(facts.capabilities.includes('sockets') ? [{ name: 'SCM_RIGHTS', body: message }] : []),
  ];
}

/** Whole mappings that are taken away in pieces. */
function mapping(context: CaseContext, fd: SlotRef): readonly BalancedCalls[] {
  const map = mapBuffer(context, fd);
  return [
    { name: 'a mapping that was split', body: [map, ...splitMapping(context)] },
    { name: 'a mapping that shrank', body: [map, ...shrinkMapping(context)] },
    { name: 'a mapping with advice', body: [map, ...adviseMapping(context)] },
  ];
}

/** What only uses a buffer, as far as the target offers it. */
async function using(context: CaseContext, fd: SlotRef): Promise<readonly BalancedCalls[]> {
  const { capabilities } = context.facts;
  const all: BalancedCalls[] = [];
  for (const { name, needs, calls } of BUFFER_USES) {
    if (needs?.some((one) => !capabilities.includes(one)) === true) continue;
    const { works, refused = [] } = await calls(context, fd);
    all.push({
      name: `the calls of LIF-16/${name}`,
      body: [...works, ...refused],
      refusedSteps: refused,
    });
  }
  return all;
}
