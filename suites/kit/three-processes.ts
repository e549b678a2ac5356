import { linux, type Operation, type Result, wordOf } from '../../adapters/contract/index.ts';
import { pattern } from './contents.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { smaller } from './larger-smaller.ts';
import { Inconclusive } from './observation.ts';
import { socketEnds } from './socket-ends.ts';

const PARTIES = ['allocator', 'holder', 'asker'] as const;
const MANNERS = ['by itself', 'by a signal', 'by exec'] as const;
const WAYS = ['inherited', 'sent'] as const;
const PATTERN = 0x69;
/** Buffers that are asked for and written to once one of the three has ended. */
const CHALLENGERS = 4n;

/** Pages at the beginning of a buffer that are written and looked at. */
const STAMPED_PAGES = 4n;

/** One of three processes: it asks for the buffer, has it from the first, or has none of it. */
type Party = (typeof PARTIES)[number];

/** A life of a buffer among three processes. */
export interface SharedLife {
  readonly way: (typeof WAYS)[number];
  /** The process that ends first, and how. */
  readonly ends: Party;
  readonly manner: (typeof MANNERS)[number];
  /** The process that asks for memory then. */
  readonly asks: Party;
}

/** Every such life; the process that has ended asks for nothing. */
export const SHARED_LIVES: readonly SharedLife[] = WAYS.flatMap((way) =>
  PARTIES.flatMap((ends) =>
    MANNERS.flatMap((manner) =>
      PARTIES.filter((asks) => asks !== ends).map((asks) => ({ way, ends, manner, asks })),
    ),
  ),
);

/**
 * Lets a buffer live among three processes, and ends all of them.
 *
 * @param length bytes of the buffer, of which the first few pages are written
 * @returns what whoever was left saw in it: `own-bytes`, or what else there was
 * @throws {@link Inconclusive} when the buffer cannot be asked for, passed on or mapped
 */
export async function liveThrough(
  context: CaseContext,
  life: SharedLife,
  length: bigint,
): Promise<string> {
  const device = await context.device();
  const stamped = smaller(length, STAMPED_PAGES * context.page);
  const fd = context.descriptorIn('shared');
  const [here, there] = socketEnds('passage');
  const bytes = pattern(PATTERN);
  const sent = life.way === 'sent';
  const before: Operation[] = sent ? [{ op: 'socketpair', slot: 'passage' }] : [];
  const fork = (client: Party): Operation => ({ op: 'fork', client });
  await runPrepared(context, SUBJECT, [
    ...before,
    fork('allocator'),
    fork('asker'),
    ...(sent ? [fork('holder')] : []),
  ]);
  await runPrepared(context, 'allocator', [
    context.allocationStep('shared', device, { length }),
    mapping(length, 'allocator', fd),
    { op: 'store', address: { slot: 'allocator' }, length: stamped, bytes },
    sent ? { op: 'sendfd', fd: here, passed: fd } : fork('holder'),
  ]);
  const held = sent ? { slot: 'received' } : fd;
  await runPrepared(context, 'holder', [
    ...(sent ? [{ op: 'recvfd', slot: 'received', fd: there } as const] : []),
    mapping(length, 'holder', held),
    { op: 'scan', address: { slot: 'holder' }, length: stamped, bytes },
  ]);
  if (life.ends === 'asker')
    await runPrepared(context, 'asker', asking(context, device.slot, length));
  await end(context, life);
  await runPrepared(context, life.asks, asking(context, device.slot, length));
  const left = (['allocator', 'holder'] as const).filter((party) => party !== life.ends);
  const words: string[] = [];
  for (const party of left) words.push(await lookAs(context, party, stamped));
  await endAll(context, sent);
  return words.find((word) => word !== 'own-bytes') ?? 'own-bytes';
}

const mapping = (length: bigint, slot: string, fd: OperandOf<'mmap'>): Operation => ({
  op: 'mmap',
  slot,
  length,
  protection: linux.PROT_READ | linux.PROT_WRITE,
  flags: linux.MAP_SHARED,
  fd,
});
type OperandOf<Name> = Extract<Operation, { op: Name; fd: unknown }>['fd'];

/** Asks for buffers, writes to all of them while it has them, and gives them back. */
function asking(context: CaseContext, device: string, length: bigint): Operation[] {
  const fd = context.descriptorIn('other[i]');
  const address = { slot: 'view[i]' };
  const body: Operation[] = [
    context.allocationStep('other[i]', { slot: device }, { length }),
    mapping(length, 'view[i]', fd),
    {
      op: 'store',
      address,
      length: smaller(length, STAMPED_PAGES * context.page),
      bytes: pattern(0xff),
    },
  ];
  const back: Operation[] = [
    { op: 'munmap', address, length },
    { op: 'close', fd },
  ];
  return [body, back].map((steps) => {
    return { op: 'repeat', times: CHALLENGERS, stop: 'failure', body: steps };
  });
}

async function end(context: CaseContext, { ends, manner }: SharedLife): Promise<void> {
  const wait: Operation = { op: 'wait', client: ends };
  if (manner === 'by exec') {
    await runPrepared(context, ends, [{ op: 'exec' }]);
  } else if (manner === 'by itself') {
    const operations: Operation[] = [{ op: 'exit', status: 0n }];
    await context.runThreads([{ client: ends, operations }], { mayDie: true });
    await runPrepared(context, SUBJECT, [wait]);
  } else {
    await runPrepared(context, SUBJECT, [
      { op: 'kill', client: ends, signal: linux.SIGKILL },
      wait,
    ]);
  }
}

async function lookAs(
  context: CaseContext,
  client: 'allocator' | 'holder',
  length: bigint,
): Promise<string> {
  const bytes = pattern(PATTERN);
  const scan: Operation = { op: 'scan', address: { slot: client }, length, bytes };
  const [result] = (await context.runSteps(client, [scan])).threads[0] ?? [];
  if (result === undefined) throw new Error('the History lacks the scan that was run');
  const word = wordOf(result);
  if (word !== 'ok') return word;
  return result.value === length ? 'own-bytes' : 'other-bytes';
}

async function endAll(context: CaseContext, sent: boolean): Promise<void> {
  const ends = PARTIES.flatMap((client): Operation[] => [
    { op: 'kill', client, signal: linux.SIGKILL },
    { op: 'wait', client },
  ]);
  const closes = sent ? socketEnds('passage').map((fd): Operation => ({ op: 'close', fd })) : [];
  await context.runSteps(SUBJECT, [...ends, ...closes]);
}

/**
 * Runs operations that a case needs before it can observe anything.
 *
 * @throws {@link Inconclusive} when one of them fails, also within a loop
 */
export async function runPrepared(
  context: CaseContext,
  client: string,
  operations: readonly Operation[],
): Promise<readonly Result[]> {
  const results = (await context.runSteps(client, operations)).threads[0] ?? [];
  for (const [index, result] of results.entries()) {
    const steps = result.steps?.map(({ failed, last }) => (failed > 0n ? wordOf(last) : 'ok'));
    const word = [wordOf(result), ...(steps ?? [])].find((one) => one !== 'ok');
    if (word === undefined) continue;
    throw new Inconclusive(`blocked: ${operations[index]?.op} in ${client} failed with ${word}`);
  }
  return results;
}
