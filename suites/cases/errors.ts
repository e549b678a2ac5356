import {
  type Client,
  linux,
  type Operation,
  outcomePhrase,
  type Placement,
  type SlotRef,
} from '../../adapters/contract/index.ts';
import { fieldOf } from '../../catalogue/abi-request.ts';
import type { Role } from '../../catalogue/catalogue.ts';
import type { Case } from '../kit/case.ts';
import { type CaseContext, SUBJECT } from '../kit/context.ts';
import { observeEachChange } from '../kit/each-change.ts';
import { fill } from '../kit/filling.ts';
import { observeConserved, observeConservedBy } from '../kit/free-memory.ts';
import { observeOwnDescriptors } from '../kit/own-descriptors.ts';
import { cycleLength } from '../kit/sizes.ts';

const READ_ONLY: Placement = { kind: 'page', protection: 'read-only' };

/** Cases of group `errors`: error codes, and what a failure leaves behind. */
export const errorsCases: readonly Case[] = [
  {
    id: 'ERR-01/pointer',
    title: 'pointers to no memory are refused',
    requirements: ['ERR-01'],
    async run(context) {
      const placements: readonly [string, Placement][] = [
        ['a NULL pointer', { kind: 'null' }],
        ['a pointer to an unmapped page', { kind: 'unmapped' }],
        ['a pointer into the kernel', { kind: 'kernel' }],
        ['a pointer to a page without access', { kind: 'page', protection: 'none' }],
      ];
      const changes = placements.map(([name, placement]) => ({ name, options: { placement } }));
      await observeEachChange(context, 'ERR-01', 'pointer', changes);
    },
  },
  {
    id: 'ERR-02/cut-off',
    title: 'an argument that ends in an unmapped page is refused',
    requirements: ['ERR-02'],
    async run(context) {
      const missing = Array.from({ length: context.abi.command.size - 1 }, (_, index) => index + 1);
      const changes = missing.map((bytes) => {
        const placement: Placement = { kind: 'page-end', distance: -bytes, neighbour: 'unmapped' };
        return { name: `its last ${bytes} bytes in an unmapped page`, options: { placement } };
      });
      await observeEachChange(context, 'ERR-02', 'cut-off', changes);
    },
  },
  {
    id: 'ERR-03/read-only',
    title: 'an argument that cannot be written is refused and leaves nothing behind',
    requirements: ['ERR-03', 'ERR-04'],
    async run(context) {
      await context.control();
      const before = await context.subject.descriptors({});
      const { word } = await context.allocate({}, { placement: READ_ONLY });
      const after = await context.subject.descriptors({});
      context.observe(
        'ERR-03',
        'read-only',
        word,
        `a request in a read-only page ${outcomePhrase(word)}`,
      );
      const same = Buffer.from(before.out).equals(after.out) ? 'unchanged' : 'changed';
      const detail = `${before.value} descriptors were open before it and ${after.value} after`;
      context.observe('ERR-04', 'descriptors', same, detail);
    },
  },
  {
    id: 'ERR-05/read-only-aftermath',
    title: 'an argument that cannot be written costs no memory',
    requirements: ['ERR-05'],
    async run(context) {
      await context.control();
      const length = cycleLength(context);
      const step = context.allocationStep('refused', await context.device(), { length });
      const body = [{ ...step, argument: { ...step.argument, placement: READ_ONLY } }];
      await observeConserved(context, {
        requirement: 'ERR-05',
        body,
        leakBytes: length,
        refused: true,
      });
    },
  },
  {
    id: 'ERR-06/protections',
    title: 'no protection of the argument’s page leads to a crash',
    requirements: ['ERR-06'],
    async run(context) {
      for (const [role, protection] of [
        ['write-only', 'write-only'],
        ['no-access', 'none'],
      ] as const) {
        const placement: Placement = { kind: 'page', protection };
        const name = `its argument in a page with protection ${protection}`;
        await observeEachChange(context, 'ERR-06', role, [{ name, options: { placement } }]);
      }
    },
  },
  {
    id: 'ERR-07/exhausted',
    title: 'an exhausted region says so',
    requirements: ['ERR-07'],
    needsBounded: true,
    async run(context) {
      await context.control();
      const { failure, pages } = await fill(context);
      const detail = `after ${pages} pages a request for one more ${outcomePhrase(failure)}`;
      context.observe('ERR-07', 'exhausted', failure, detail);
    },
  },
  {
    id: 'ERR-08/table-full',
    title: 'a full descriptor table says so',
    requirements: ['ERR-08'],
    needs: ['limits'],
    async run(context) {
      await context.control();
      const used = await leaveNoDescriptor(context, context.subject);
      const { word } = await context.allocate();
      const detail = `a request with all ${used} descriptors in use ${outcomePhrase(word)}`;
      context.observe('ERR-08', 'table-full', word, detail);
    },
  },
  {
    id: 'ERR-09/table-full-memory',
    title: 'a full descriptor table costs no memory',
    requirements: ['ERR-09'],
    needs: ['limits', 'clients'],
    async run(context) {
      const length = cycleLength(context);
      const device = await context.device();
      await context.subject.fork({ client: 'full' });
      await leaveNoDescriptor(context, context.client('full'));
      await observeConserved(context, {
        requirement: 'ERR-09',
        client: 'full',
        body: [context.allocationStep('refused', device, { length })],
        leakBytes: length,
        refused: true,
      });
    },
  },
  {
    id: 'ERR-12/hostile-values',
    title: 'no value of a field makes the kernel complain',
    requirements: ['ERR-12'],
    async run(context) {
      await context.control();
      const roles = Object.keys(context.abi.fields) as Role[];
      let requests = 0;
      for (const role of roles.filter((name) => name !== 'descriptor')) {
        for (const value of hostileValues(context, role)) {
          await context.release(await context.allocate({ [role]: value }));
          requests += 1;
        }
      }
      // A complaint in the kernel log fails the case whatever is said here.
      context.observe('ERR-12', 'log', 'quiet', `${requests} requests with hostile values`);
    },
  },
  {
    id: 'ERR-10/causes',
    title: 'causes can be told apart',
    requirements: ['ERR-10'],
    needs: ['limits'],
    async run(context) {
      await context.control();
      const causes = new Map<string, string>();
      if (context.region.bounded) causes.set('a full region', (await fill(context)).failure);
      const pointer = await context.allocate({}, { placement: { kind: 'null' } });
      causes.set('a NULL pointer', pointer.word);
      causes.set('length 0', (await context.allocate({ length: 0n })).word);
      await leaveNoDescriptor(context, context.subject);
      causes.set('a full descriptor table', (await context.allocate()).word);
      const distinct = new Set(causes.values()).size === causes.size;
      const detail = [...causes].map(([cause, word]) => `${cause}: ${word}`).join(', ');
      context.observe('ERR-10', 'causes', distinct ? 'distinct' : 'confused', detail);
    },
  },
  {
    id: 'ERR-11/order',
    title: 'which of two faults is reported',
    requirements: ['ERR-11'],
    needs: ['limits'],
    async run(context) {
      await context.control();
      const see = (role: string, { word }: { word: string }): void =>
        context.observe('ERR-11', role, word, `${role.replaceAll('-', ' ')}: ${word}`);
      const unwritable = { placement: READ_ONLY };
      see('unwritable-and-zero-length', await context.allocate({ length: 0n }, unwritable));
      await leaveNoDescriptor(context, context.subject);
      see('table-full-and-zero-length', await context.allocate({ length: 0n }));
      see('table-full-and-unwritable', await context.allocate({}, unwritable));
    },
  },
  {
    id: 'ERR-14/own-descriptors',
    title: 'a request does not touch the existing descriptors of its client',
    requirements: ['ERR-14'],
    needs: ['limits'],
    run: (context) => observeOwnDescriptors(context, 'ERR-14'),
  },
  {
    id: 'ERR-13/killed',
    title: 'a process that is killed while it allocates leaves nothing behind',
    requirements: ['ERR-13'],
    needs: ['clients'],
    async run(context) {
      const length = context.region.bounded ? 16n * context.page : 256n * context.page;
      await context.control({ length });
      const device = await context.device();
      await observeConservedBy(context, {
        requirement: 'ERR-13',
        bytesPerCycle: length,
        cycles: KILLS,
        run: (index) => killInTheMiddle(context, device, index, length),
      });
    },
  },
];

/** Processes that are killed while they allocate. */
const KILLS = 64;
/** Requests of each; the signal comes before they are through. */
const REQUESTS = 64n;

/** Forks a client that allocates in a loop, and kills it meanwhile. */
async function killInTheMiddle(
  context: CaseContext,
  device: SlotRef,
  index: number,
  length: bigint,
): Promise<void> {
  const client = `victim-${index}`;
  await context.subject.fork({ client });
  const body: Operation[] = [
    context.allocationStep('taken', device, { length }),
    { op: 'close', fd: context.descriptorIn('taken') },
  ];
  const loop: Operation = { op: 'repeat', times: REQUESTS, stop: 'never', body };
  const killer: Operation[] = [
    { op: 'sleep', microseconds: BigInt(index * 20) },
    { op: 'kill', client, signal: linux.SIGKILL },
    { op: 'wait', client },
  ];
  const threads = [
    { client, operations: [loop] },
    { client: SUBJECT, operations: killer },
  ];
  await context.runThreads(threads, { seed: BigInt(index), mayDie: true });
}

/** Lowers a client's limit so that all its descriptors are in use; how many that are. */
async function leaveNoDescriptor(context: CaseContext, client: Client): Promise<bigint> {
  const free = await client.dup({ fd: await context.device() });
  await client.close({ fd: free });
  await client.setrlimit({ resource: linux.RLIMIT_NOFILE, soft: free.value });
  return free.value;
}

/** Lengths that an unbounded region could really hand out are left to sacrificial clients. */
function hostileValues(context: CaseContext, role: Role): readonly bigint[] {
  const top = 1n << BigInt(fieldOf(context.abi, role).width * 8);
  const ends = [0n, 1n, top - 1n];
  if (role !== 'length') return [...ends, top / 2n, top / 2n - 1n];
  const wraps = [top - context.page, top - context.page + 1n];
  return context.region.bounded
    ? [...ends, ...wraps, 1n << 40n, top / 2n]
    : [...ends, wraps[1] ?? 0n];
}
