import { outcomePhrase } from '../../adapters/contract/index.ts';
import { fieldOf } from '../../catalogue/abi-request.ts';
import type { Role } from '../../catalogue/catalogue.ts';
import type { Case } from '../kit/case.ts';
import type { CaseContext } from '../kit/context.ts';
import { type Change, eachBit, observeEachChange } from '../kit/each-change.ts';
import { observeConserved } from '../kit/free-memory.ts';
import { cycleLength } from '../kit/sizes.ts';

/** Cases of group `version`: the version and the reserved fields. */
export const versionCases: readonly Case[] = [
  {
    id: 'VER-01/zero',
    title: 'version 0 is accepted',
    requirements: ['VER-01'],
    needsRoles: ['version'],
    async run(context) {
      const { word } = await context.attempt({ version: 0n });
      context.observe(
        'VER-01',
        'version-0',
        word,
        `a request with version 0 ${outcomePhrase(word)}`,
      );
    },
  },
  {
    id: 'VER-02/each-bit',
    title: 'every other version is refused',
    requirements: ['VER-02'],
    needsRoles: ['version'],
    async run(context) {
      const all = (1n << 64n) - 1n;
      const changes = [...bitsOf(context, 'version'), change('version', all)];
      await observeEachChange(context, 'VER-02', 'other-version', changes);
    },
  },
  {
    id: 'VER-03/memory',
    title: 'a refused version costs no memory',
    requirements: ['VER-03'],
    needsRoles: ['version'],
    async run(context) {
      await context.control();
      const length = cycleLength(context);
      const body = [
        context.allocationStep('refused', await context.device(), { length, version: 1n }),
      ];
      await observeConserved(context, {
        requirement: 'VER-03',
        body,
        leakBytes: length,
        refused: true,
      });
    },
  },
  {
    id: 'RES-01/each-bit',
    title: 'the first reserved field must be 0',
    requirements: ['RES-01'],
    needsRoles: ['reserved1'],
    run: (context) =>
      observeEachChange(context, 'RES-01', 'reserved', bitsOf(context, 'reserved1')),
  },
  {
    id: 'RES-02/each-bit',
    title: 'the second reserved field must be 0',
    requirements: ['RES-02'],
    needsRoles: ['reserved2'],
    run: (context) =>
      observeEachChange(context, 'RES-02', 'reserved', bitsOf(context, 'reserved2')),
  },
  {
    id: 'RES-03/descriptor-in',
    title: 'what the descriptor field holds on input follows one rule',
    requirements: ['RES-03', 'RES-05'],
    async run(context) {
      await context.control({ descriptor: 0n });
      const words: string[] = [];
      for (const descriptor of [-1n, 1n, 5n, 1000n, 1n << 30n]) {
        const buffer = await context.allocate({ descriptor });
        words.push(buffer.reply.ok ? 'ignored' : 'refused');
        const detail = `a request with ${descriptor} in the descriptor field: ${buffer.word}`;
        context.observe('RES-05', 'input', buffer.word, detail);
        if (buffer.reply.ok) await context.release(buffer);
      }
      const [first = 'refused'] = words;
      const word = words.every((one) => one === first) ? first : 'mixed';
      context.observe('RES-03', 'input', word, `-1, 1, 5, 1000 and 2^30 were ${words.join(', ')}`);
    },
  },
  {
    id: 'RES-04/next-request',
    title: 'a refused reserved field has no effect on the next request',
    requirements: ['RES-04'],
    needsRoles: ['reserved1'],
    async run(context) {
      await context.control();
      for (const role of ['reserved1', 'reserved2'] as const) {
        if (context.abi.fields[role] === undefined) continue;
        const refused = await context.allocate({ [role]: 1n });
        await context.release(refused);
        const next = await context.attempt();
        const detail = `after ${role} 1 (${refused.word}) a valid request ${outcomePhrase(next.word)}`;
        context.observe('RES-04', 'next-request', next.word, detail);
        await context.release(next);
      }
    },
  },
];

const change = (role: Role, value: bigint): Change => ({
  name: `${role} 0x${value.toString(16)}`,
  fields: { [role]: value },
});

const bitsOf = (context: CaseContext, role: Role): Change[] =>
  eachBit(fieldOf(context.abi, role).width * 8).map((bit) => change(role, bit));
