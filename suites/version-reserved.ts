import type { Bench } from './bench.ts';
import type { Case } from './case.ts';
import type { Role } from './catalogue.ts';
import { type Change, eachBit, observeChanges } from './refuse.ts';
import { fieldOf } from './request.ts';

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
];

const change = (role: Role, value: bigint): Change => ({
  name: `${role} 0x${value.toString(16)}`,
  fields: { [role]: value },
});

const bitsOf = (bench: Bench, role: Role): Change[] =>
  eachBit(fieldOf(bench.abi, role).width * 8).map((bit) => change(role, bit));
