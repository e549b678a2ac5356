import { fieldOf } from '../../catalogue/abi-request.ts';
import type { Role } from '../../catalogue/catalogue.ts';
import type { Case } from '../kit/case.ts';
import type { Bench } from '../kit/context.ts';
import { observeConserved } from '../kit/free-memory.ts';
import { type Change, eachBit, observeChanges } from '../kit/one-change.ts';

/** Group C: version and reserved fields. */
export const versionReserved: readonly Case[] = [
  {
    id: 'VER-01/zero',
    title: 'version 0 is accepted',
    requirements: ['VER-01'],
    needsRoles: ['version'],
    async run(bench) {
      const { word } = await bench.attempt({ version: 0n });
      bench.observe('VER-01', 'version-0', word, `a request with version 0 came to ${word}`);
    },
  },
  {
    id: 'VER-02/each-bit',
    title: 'every other version is refused',
    requirements: ['VER-02'],
    needsRoles: ['version'],
    async run(bench) {
      const all = (1n << 64n) - 1n;
      const changes = [...bitsOf(bench, 'version'), change('version', all)];
      await observeChanges(bench, 'VER-02', 'other-version', changes);
    },
  },
  {
    id: 'VER-03/memory',
    title: 'a refused version costs no memory',
    requirements: ['VER-03'],
    needsRoles: ['version'],
    async run(bench) {
      await bench.control();
      const body = [bench.allocationStep('refused', await bench.device(), { version: 1n })];
      const bytesPerCycle = bench.page;
      await observeConserved(bench, { requirement: 'VER-03', body, bytesPerCycle, refused: true });
    },
  },
  {
    id: 'RES-01/each-bit',
    title: 'the first reserved field must be 0',
    requirements: ['RES-01'],
    needsRoles: ['reserved1'],
    run: (bench) => observeChanges(bench, 'RES-01', 'reserved', bitsOf(bench, 'reserved1')),
  },
  {
    id: 'RES-02/each-bit',
    title: 'the second reserved field must be 0',
    requirements: ['RES-02'],
    needsRoles: ['reserved2'],
    run: (bench) => observeChanges(bench, 'RES-02', 'reserved', bitsOf(bench, 'reserved2')),
  },
  {
    id: 'RES-03/descriptor-in',
    title: 'what the descriptor field holds on input follows one rule',
    requirements: ['RES-03'],
    async run(bench) {
      await bench.control({ descriptor: 0n });
      const words: string[] = [];
      for (const descriptor of [-1n, 1n, 5n, 1000n, 1n << 30n]) {
        const buffer = await bench.allocate({ descriptor });
        words.push(buffer.reply.ok ? 'ignored' : 'refused');
        if (buffer.reply.ok) await bench.release(buffer);
      }
      const [first = 'refused'] = words;
      const word = words.every((one) => one === first) ? first : 'mixed';
      bench.observe('RES-03', 'input', word, `-1, 1, 5, 1000 and 2^30 were ${words.join(', ')}`);
    },
  },
  {
    id: 'RES-04/next-request',
    title: 'a refused reserved field has no effect on the next request',
    requirements: ['RES-04'],
    needsRoles: ['reserved1'],
    async run(bench) {
      await bench.control();
      for (const role of ['reserved1', 'reserved2'] as const) {
        if (bench.abi.fields[role] === undefined) continue;
        const refused = await bench.allocate({ [role]: 1n });
        await bench.release(refused);
        const next = await bench.attempt();
        const detail = `after ${role} 1 (${refused.word}) a valid request came to ${next.word}`;
        bench.observe('RES-04', 'next-request', next.word, detail);
        await bench.release(next);
      }
    },
  },
];

const change = (role: Role, value: bigint): Change => ({
  name: `${role} 0x${value.toString(16)}`,
  fields: { [role]: value },
});

const bitsOf = (bench: Bench, role: Role): Change[] =>
  eachBit(fieldOf(bench.abi, role).width * 8).map((bit) => change(role, bit));
