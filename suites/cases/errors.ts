import {
  type Client,
  linux,
  type Operation,
  type Placement,
  type SlotRef,
} from '../../adapters/contract/index.ts';
import { fieldOf } from '../../catalogue/abi-request.ts';
import type { Role } from '../../catalogue/catalogue.ts';
import type { Case } from '../kit/case.ts';
import { type Bench, SUBJECT } from '../kit/context.ts';
import { fill, observeConserved, observeConservedBy } from '../kit/free-memory.ts';
import { observeChanges } from '../kit/one-change.ts';

const READ_ONLY: Placement = { kind: 'page', protection: 'read-only' };

/** Group F: error codes and what a failure leaves behind. */
export const errorCodes: readonly Case[] = [
  {
    id: 'ERR-01/pointer',
    title: 'pointers to no memory are refused',
    requirements: ['ERR-01'],
    async run(bench) {
      const placements: readonly [string, Placement][] = [
        ['a NULL pointer', { kind: 'null' }],
        ['a pointer to an unmapped page', { kind: 'unmapped' }],
        ['a pointer into the kernel', { kind: 'kernel' }],
        ['a pointer to a page without access', { kind: 'page', protection: 'none' }],
      ];
      const changes = placements.map(([name, placement]) => ({ name, options: { placement } }));
      await observeChanges(bench, 'ERR-01', 'pointer', changes);
    },
  },
  {
    id: 'ERR-02/cut-off',
    title: 'an argument that ends in nothing is refused',
    requirements: ['ERR-02'],
    async run(bench) {
      const missing = Array.from({ length: bench.abi.command.size - 1 }, (_, index) => index + 1);
      const changes = missing.map((bytes) => {
        const placement: Placement = { kind: 'page-end', distance: -bytes, neighbour: 'unmapped' };
        return { name: `its last ${bytes} bytes in an unmapped page`, options: { placement } };
      });
      await observeChanges(bench, 'ERR-02', 'cut-off', changes);
    },
  },
  {
    id: 'ERR-03/read-only',
    title: 'an argument that cannot be written is refused and leaves nothing behind',
    requirements: ['ERR-03', 'ERR-04'],
    async run(bench) {
      await bench.control();
      const before = await bench.subject.descriptors({});
      const { word } = await bench.allocate({}, { placement: READ_ONLY });
      const after = await bench.subject.descriptors({});
      bench.observe('ERR-03', 'read-only', word, `a request in a read-only page came to ${word}`);
      const same = Buffer.from(before.out).equals(after.out) ? 'unchanged' : 'changed';
      const detail = `${before.value} descriptors were open before it and ${after.value} after`;
      bench.observe('ERR-04', 'descriptors', same, detail);
    },
  },
  {
    id: 'ERR-05/read-only-aftermath',
    title: 'an argument that cannot be written costs no memory',
    requirements: ['ERR-05'],
    async run(bench) {
      await bench.control();
      const step = bench.allocationStep('refused', await bench.device());
      const body = [{ ...step, argument: { ...step.argument, placement: READ_ONLY } }];
      await observeConserved(bench, {
        requirement: 'ERR-05',
        body,
        bytesPerCycle: bench.page,
        refused: true,
      });
    },
  },
  {
    id: 'ERR-06/protections',
    title: 'no protection of the argument’s page leads to a crash',
    requirements: ['ERR-06'],
    async run(bench) {
      for (const [role, protection] of [
        ['write-only', 'write-only'],
        ['no-access', 'none'],
      ] as const) {
        const placement: Placement = { kind: 'page', protection };
        const name = `its argument in a page with protection ${protection}`;
        await observeChanges(bench, 'ERR-06', role, [{ name, options: { placement } }]);
      }
    },
  },
  {
    id: 'ERR-07/exhausted',
    title: 'an exhausted region says so',
    requirements: ['ERR-07'],
    needsBounded: true,
    async run(bench) {
      await bench.control();
      const { failure, pages } = await fill(bench);
      const detail = `after ${pages} pages a request for one more came to ${failure}`;
      bench.observe('ERR-07', 'exhausted', failure, detail);
    },
  },
  {
    id: 'ERR-08/table-full',
    title: 'a full descriptor table says so',
    requirements: ['ERR-08'],
    needs: ['limits'],
    async run(bench) {
      await bench.control();
      const used = await leaveNoDescriptor(bench, bench.subject);
      const { word } = await bench.allocate();
      const detail = `a request with all ${used} descriptors in use came to ${word}`;
      bench.observe('ERR-08', 'table-full', word, detail);
    },
  },
  {
    id: 'ERR-09/table-full-memory',
    title: 'a full descriptor table costs no memory',
    requirements: ['ERR-09'],
    needs: ['limits', 'clients'],
    async run(bench) {
      const device = await bench.device();
      await bench.subject.fork({ client: 'full' });
      await leaveNoDescriptor(bench, bench.client('full'));
      await observeConserved(bench, {
        requirement: 'ERR-09',
        client: 'full',
        body: [bench.allocationStep('refused', device)],
        bytesPerCycle: bench.page,
        refused: true,
      });
    },
  },
  {
    id: 'ERR-12/hostile-values',
    title: 'no value of a field makes the kernel complain',
    requirements: ['ERR-12'],
    async run(bench) {
      await bench.control();
      const roles = Object.keys(bench.abi.fields) as Role[];
      let requests = 0;
      for (const role of roles.filter((name) => name !== 'descriptor')) {
        for (const value of hostileValues(bench, role)) {
          await bench.release(await bench.allocate({ [role]: value }));
          requests += 1;
        }
      }
      // A complaint in the kernel log fails the case whatever is said here.
      bench.observe('ERR-12', 'log', 'quiet', `${requests} requests with hostile values`);
    },
  },
  {
    id: 'ERR-10/causes',
    title: 'causes can be told apart',
    requirements: ['ERR-10'],
    needs: ['limits'],
    async run(bench) {
      await bench.control();
      const causes = new Map<string, string>();
      if (bench.region.bounded) causes.set('a full region', (await fill(bench)).failure);
      const pointer = await bench.allocate({}, { placement: { kind: 'null' } });
      causes.set('a NULL pointer', pointer.word);
      causes.set('length 0', (await bench.allocate({ length: 0n })).word);
      await leaveNoDescriptor(bench, bench.subject);
      causes.set('a full descriptor table', (await bench.allocate()).word);
      const distinct = new Set(causes.values()).size === causes.size;
      const detail = [...causes].map(([cause, word]) => `${cause}: ${word}`).join(', ');
      bench.observe('ERR-10', 'causes', distinct ? 'distinct' : 'confused', detail);
    },
  },
  {
    id: 'ERR-11/order',
    title: 'which of two faults is reported',
    requirements: ['ERR-11'],
    needs: ['limits'],
    async run(bench) {
      await bench.control();
      const see = (role: string, { word }: { word: string }): void =>
        bench.observe('ERR-11', role, word, `${role.replaceAll('-', ' ')}: ${word}`);
      const unwritable = { placement: READ_ONLY };
      see('unwritable-and-zero-length', await bench.allocate({ length: 0n }, unwritable));
      await leaveNoDescriptor(bench, bench.subject);
      see('table-full-and-zero-length', await bench.allocate({ length: 0n }));
      see('table-full-and-unwritable', await bench.allocate({}, unwritable));
    },
  },
  {
    id: 'ERR-13/killed',
    title: 'a process that is killed while it allocates leaves nothing behind',
    requirements: ['ERR-13'],
    needs: ['clients'],
    async run(bench) {
      const length = bench.region.bounded ? 16n * bench.page : 256n * bench.page;
      await bench.control({ length });
      const device = await bench.device();
      await observeConservedBy(bench, {
        requirement: 'ERR-13',
        bytesPerCycle: length,
        cycles: KILLS,
        run: (index) => killInTheMiddle(bench, device, index, length),
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
  bench: Bench,
  device: SlotRef,
  index: number,
  length: bigint,
): Promise<void> {
  const client = `victim-${index}`;
  await bench.subject.fork({ client });
  const body: Operation[] = [
    bench.allocationStep('taken', device, { length }),
    { op: 'close', fd: bench.descriptorIn('taken') },
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
  await bench.runThreads(threads, { seed: BigInt(index), mayDie: true });
}

/** Lowers a client's limit so that all its descriptors are in use; how many that are. */
async function leaveNoDescriptor(bench: Bench, client: Client): Promise<bigint> {
  const free = await client.dup({ fd: await bench.device() });
  await client.close({ fd: free });
  await client.setrlimit({ resource: linux.RLIMIT_NOFILE, soft: free.value });
  return free.value;
}

/** Lengths that an unbounded region could really hand out are left to sacrificial clients. */
function hostileValues(bench: Bench, role: Role): readonly bigint[] {
  const top = 1n << BigInt(fieldOf(bench.abi, role).width * 8);
  const ends = [0n, 1n, top - 1n];
  if (role !== 'length') return [...ends, top / 2n, top / 2n - 1n];
  const wraps = [top - bench.page, top - bench.page + 1n];
  return bench.region.bounded
    ? [...ends, ...wraps, 1n << 40n, top / 2n]
    : [...ends, wraps[1] ?? 0n];
}
