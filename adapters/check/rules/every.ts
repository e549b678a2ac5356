import { SIGKILL } from '../../contract/linux.ts';
import {
  OPERATION_ROWS,
  type OperationName,
  type OperationSpec,
} from '../../contract/operations.ts';
import type { Operand, Operation } from '../../contract/program.ts';
import { usualOperations } from '../../contract/usual-operations.ts';
import { describeResult } from '../kit/history-watch.ts';
import type { ObservedRule } from '../kit/observed-rule.ts';
import { must } from '../kit/rule.ts';
import { NO_DESCRIPTOR, type RuleContext } from '../kit/rule-context.ts';

/** MSG_DONTWAIT of recvmsg(2): where nothing was sent, there is nothing to wait for. */
const AT_ONCE = 0x40n;
const ANSWERED = ['returned', 'faulted', 'unsupported'];
const BESIDE = 'beside';
const USUAL = 'usual';

/** Whether its client is gone afterwards, may do less, or has lost a descriptor that others use. */
const isChanging = ({ capability, drops }: OperationSpec): boolean =>
  capability === 'limits' ||
  (drops !== undefined &&
    drops.of === undefined &&
    ['descriptor', 'image', 'client'].includes(drops.kind));

/** Every operation once, as it is used as a rule: a mistake in a function is seen when called. */
export const EVERY_RULES: readonly ObservedRule[] = [
  {
    id: 'answers/every',
    statement: 'Every operation of the groups that the facts list can be called.',
    place: 'Session.run; docs/protocol.md, Operations',
    async observe(context) {
      const { capabilities } = context.facts;
      const hasClients = capabilities.includes('clients');
      const operations = await usual(context);
      for (const client of hasClients ? [BESIDE, USUAL] : []) await context.child(client);
      for (const [op, spec] of OPERATION_ROWS) {
        if (!capabilities.includes(spec.capability)) continue;
        // What may end or limit a client is tried only where main need not be that client.
        if (!hasClients && isChanging(spec)) continue;
        const own = isChanging(spec) ? `for-${op}` : USUAL;
        await tryOnce(context, operations[op], hasClients ? own : 'main');
      }
    },
  },
];

async function usual(context: RuleContext): Promise<Record<OperationName, Operation>> {
  const { pageSize, regions, capabilities } = context.facts;
  await context.run([await context.opening('lab')]);
  const given = usualOperations({
    region: regions[0]?.name ?? 'region:0',
    fd: { slot: 'lab' },
    address: 0n,
    length: BigInt(pageSize),
    socket: capabilities.includes('sockets') ? await socketOf(context) : NO_DESCRIPTOR,
    other: BESIDE,
    unborn: 'unborn',
  });
  return { ...given, recvfd: { ...given.recvfd, flags: AT_ONCE } };
}

async function socketOf(context: RuleContext): Promise<Operand> {
  const made = (await context.run([{ op: 'socketpair', slot: 'ends' }])).any(0);
  if (made.out.length < 4) return NO_DESCRIPTOR;
  return { slot: 'ends', offset: 0, width: 4, signed: true };
}

async function tryOnce(context: RuleContext, operation: Operation, client: string): Promise<void> {
  const { op } = operation;
  if (client !== 'main' && client !== USUAL) await context.child(client);
  // A client that lives would be waited for until the time is up.
  const before: Operation[] =
    op === 'wait' ? [{ op: 'kill', client: BESIDE, signal: SIGKILL }] : [];
  const result = (await context.run([...before, operation], client)).any(before.length);
  must(ANSWERED.includes(result.outcome), `${op} was answered with ${describeResult(result)}`);
}
