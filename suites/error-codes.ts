import { linux, type Placement } from '../adapters/contract/index.ts';
import type { Bench } from './bench.ts';
import type { Case } from './case.ts';
import type { Role } from './catalogue.ts';
import { fill, observeConserved } from './free-memory.ts';
import { observeChanges } from './refuse.ts';
import { fieldOf } from './request.ts';

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
      const free = await bench.subject.dup({ fd: await bench.device() });
      await bench.subject.close({ fd: free });
      await bench.subject.setrlimit({ resource: linux.RLIMIT_NOFILE, soft: free.value });
      const { word } = await bench.allocate();
      const detail = `a request with all ${free.value} descriptors in use came to ${word}`;
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
      const full = bench.client('full');
      const free = await full.dup({ fd: device });
      await full.close({ fd: free });
      await full.setrlimit({ resource: linux.RLIMIT_NOFILE, soft: free.value });
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
];

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
