import { linux, outcomePhrase } from '../../adapters/contract/index.ts';
import { type Fields, fieldOf, requestBytes, withoutOutputs } from '../../catalogue/abi-request.ts';
import type { Role } from '../../catalogue/catalogue.ts';
import type { Case } from '../kit/case.ts';
import type { Allocation, CaseContext } from '../kit/context.ts';
import { Inconclusive, Skip } from '../kit/observation.ts';
import { layoutDifferences } from '../kit/structure-layout.ts';
import { observeHuge } from './length.ts';

/** Whether memory is left is another rule's question. */
const NO_PAGE = 'blocked: the region has no page left for a valid request';

/** Cases of group `abi`: size and layout of the argument. */
export const abiCases: readonly Case[] = [
  {
    id: 'ABI-01/page-end',
    title: 'the argument is as long as the ABI says',
    requirements: ['ABI-01'],
    async run(context) {
      await context.control();
      for (const [role, distance] of [
        ['fits', 0],
        ['one-byte-short', -1],
      ] as const) {
        const placement = { kind: 'page-end', distance, neighbour: 'unmapped' } as const;
        const buffer = await context.allocate({}, { placement });
        const where = distance === 0 ? 'ends at' : 'reaches one byte into';
        context.observe(
          'ABI-01',
          role,
          buffer.word,
          `a valid request that ${where} an unmapped page ${outcomePhrase(buffer.word)}`,
        );
        await context.release(buffer);
      }
      observeLayout(context);
    },
  },
  {
    id: 'ABI-02/compat',
    title: 'the argument of a 32-bit program is the same',
    requirements: ['ABI-02'],
    needsCompat: true,
    deadlineMs: 40_000,
    async run(context) {
      for (const [role, distance] of [
        ['fits', 0],
        ['one-byte-short', -1],
      ] as const) {
        const placement = { kind: 'page-end', distance, neighbour: 'unmapped' } as const;
        const buffer = await context.allocate({}, { placement });
        if (role === 'fits' && buffer.word === 'ENOMEM') throw new Inconclusive(NO_PAGE);
        const where = distance === 0 ? 'ends at' : 'reaches one byte into';
        const detail = `a 32-bit request that ${where} an unmapped page ${outcomePhrase(buffer.word)}`;
        context.observe('ABI-02', role, buffer.word, detail);
        if (role === 'fits') {
          if (!buffer.reply.ok) return;
          await observeOutputs(context, buffer);
        }
        await context.release(buffer);
      }
      await observeHuge(context, 'ABI-02', 'upper-half', (1n << 63n) + context.page);
    },
  },
  {
    id: 'ABI-03/red-zones',
    title: 'nothing is written around the argument',
    requirements: ['ABI-03'],
    async run(context) {
      const buffer = await context.buffer();
      const written = buffer.reply.result.redZone ?? [];
      const word = written.length === 0 ? 'intact' : 'written';
      context.observe(
        'ABI-03',
        'red-zones',
        word,
        `red zones written: ${written.join(', ') || '-'}`,
      );
    },
  },
  {
    id: 'ABI-04/unaligned',
    title: 'an unaligned argument works or is refused',
    requirements: ['ABI-04'],
    async run(context) {
      await context.control();
      for (let by = 1; by < 8; by += 1) {
        const buffer = await context.allocate({}, { placement: { kind: 'unaligned', by } });
        const where = `a valid request ${by} bytes past an aligned address`;
        context.observe(
          'ABI-04',
          'unaligned',
          buffer.word,
          `${where} ${outcomePhrase(buffer.word)}`,
        );
        if (!buffer.reply.ok) continue;
        const fd = buffer.fd;
        const end = await context.subject.lseek({ fd, offset: 0n, whence: linux.SEEK_END });
        const zones = buffer.reply.result.redZone ?? [];
        const whole = end.ok && end.value === context.page && zones.length === 0;
        const detail = `${where}: its descriptor is ${end.word}, red zones ${zones.join() || '-'}`;
        context.observe('ABI-04', 'answer', whole ? 'whole' : 'wrong', detail);
        await context.release(buffer);
      }
    },
  },
  {
    id: 'ABI-05/inputs-unchanged',
    title: 'inputs come back as they were sent',
    requirements: ['ABI-05'],
    async run(context) {
      const buffer = await context.buffer();
      const sent = withoutOutputs(context.abi, requestBytes(context.abi, { length: context.page }));
      const got = withoutOutputs(context.abi, buffer.reply.out);
      const same = Buffer.from(sent).equals(got);
      context.observe(
        'ABI-05',
        'other-fields',
        same ? 'unchanged' : 'changed',
        `inputs sent ${hex(sent)}, got back ${hex(got)}`,
      );
    },
  },
  {
    id: 'ABI-06/refused',
    title: 'a refused request leaves its argument alone',
    requirements: ['ABI-06'],
    async run(context) {
      await context.control();
      let refused = 0;
      for (const [name, fields] of refusable(context)) {
        const sent = requestBytes(context.abi, { length: context.page, ...fields });
        const buffer = await context.allocate(fields);
        await context.release(buffer);
        if (buffer.reply.ok) continue;
        refused += 1;
        const word = Buffer.from(sent).equals(buffer.reply.out) ? 'unchanged' : 'changed';
        const detail = `${name} ${outcomePhrase(buffer.word)}: sent ${hex(sent)}, now ${hex(buffer.reply.out)}`;
        context.observe('ABI-06', 'refused', word, detail);
      }
      if (refused === 0) throw new Inconclusive('blocked: no request was refused');
    },
  },
  {
    id: 'ABI-07/reserved',
    title: 'reserved fields come back as 0',
    requirements: ['ABI-07'],
    async run(context) {
      const roles = reservedRoles(context);
      if (roles.length === 0) throw new Skip('the ABI has no reserved field');
      const buffer = await context.buffer();
      for (const role of roles) {
        const value = context.fieldAfter(buffer, role);
        const word = value === 0n ? 'zero' : 'not-zero';
        context.observe('ABI-07', 'reserved', word, `${role} came back as 0x${value.toString(16)}`);
      }
    },
  },
];

/** The reserved fields that the ABI has. */
const reservedRoles = (context: CaseContext): Role[] =>
  (['reserved1', 'reserved2'] as const).filter((role) => context.abi.fields[role] !== undefined);

/** Requests that an implementation may well refuse, each for one field. */
function refusable(context: CaseContext): readonly (readonly [string, Fields])[] {
  const version: (readonly [string, Fields])[] =
    context.abi.fields.version === undefined ? [] : [['version 1', { version: 1n }]];
  return [
    ...version,
    ['length 0', { length: 0n }],
    ['an unknown flag', { flags: linux.O_RDWR | linux.O_CLOEXEC | (1n << 30n) }],
    ...reservedRoles(context).map((role) => [`${role} 1`, { [role]: 1n }] as const),
  ];
}

/** Whether descriptor and length lie where the ABI puts them: the one has as many bytes as told. */
async function observeOutputs(context: CaseContext, buffer: Allocation): Promise<void> {
  const end = { fd: buffer.fd, offset: 0n, whence: linux.SEEK_END };
  const { ok, value, word } = await buffer.client.lseek(end);
  const told =
    fieldOf(context.abi, 'length').output === true
      ? context.fieldAfter(buffer, 'length')
      : context.page;
  const seen = ok && value === told ? 'in-place' : 'elsewhere';
  const size = ok ? String(value) : word;
  const detail = `the length field says ${told}, lseek(SEEK_END) of the descriptor field ${size}`;
  context.observe('ABI-02', 'outputs', seen, detail);
}

/** The argument as the kernel was compiled with it, where the kernel has its types. */
function observeLayout(context: CaseContext): void {
  const { structure } = context.abi;
  const told = context.facts.details[`layout ${structure}`];
  if (told === undefined) return;
  const differences = layoutDifferences(context.abi, told);
  const word = differences.length === 0 ? 'same' : 'other';
  const detail = [`the kernel was compiled with ${structure} as ${told}`, ...differences];
  context.observe('ABI-01', 'layout', word, detail.join('; '));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
