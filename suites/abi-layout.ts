import type { Case } from './case.ts';
import { requestBytes, withoutOutputs } from './request.ts';

/** Group A: size and layout of the argument. */
export const abiLayout: readonly Case[] = [
  {
    id: 'ABI-01/page-end',
    title: 'the argument is as long as the ABI says',
    requirements: ['ABI-01'],
    async run(bench) {
      await bench.control();
      for (const [role, distance] of [
        ['fits', 0],
        ['one-byte-short', -1],
      ] as const) {
        const placement = { kind: 'page-end', distance, neighbour: 'unmapped' } as const;
        const buffer = await bench.allocate({}, { placement });
        const where = distance === 0 ? 'ends at' : 'reaches one byte into';
        bench.observe(
          'ABI-01',
          role,
          buffer.word,
          `a valid request that ${where} an unmapped page came to ${buffer.word}`,
        );
        await bench.release(buffer);
      }
    },
  },
  {
    id: 'ABI-03/red-zones',
    title: 'nothing is written around the argument',
    requirements: ['ABI-03'],
    async run(bench) {
      const buffer = await bench.buffer();
      const written = buffer.reply.result.redZone ?? [];
      const word = written.length === 0 ? 'intact' : 'written';
      bench.observe('ABI-03', 'red-zones', word, `red zones written: ${written.join(', ') || '-'}`);
    },
  },
  {
    id: 'ABI-05/inputs-unchanged',
    title: 'inputs come back as they were sent',
    requirements: ['ABI-05'],
    async run(bench) {
      const buffer = await bench.buffer();
      const sent = withoutOutputs(bench.abi, requestBytes(bench.abi, { length: bench.page }));
      const got = withoutOutputs(bench.abi, buffer.reply.out);
      const same = Buffer.from(sent).equals(got);
      bench.observe(
        'ABI-05',
        'other-fields',
        same ? 'unchanged' : 'changed',
        `inputs sent ${hex(sent)}, got back ${hex(got)}`,
      );
    },
  },
];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
