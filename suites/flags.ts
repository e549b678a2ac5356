import { linux } from '../adapters/contract/index.ts';
import type { Case } from './case.ts';
import { eachBit, observeChanges } from './refuse.ts';

const { O_ACCMODE, O_CLOEXEC, O_RDONLY, O_RDWR, O_WRONLY } = linux;

/** Group D: flags of the new descriptor. */
export const flags: readonly Case[] = [
  {
    id: 'FLG-01/read-write-cloexec',
    title: 'O_RDWR and O_CLOEXEC together are accepted',
    requirements: ['FLG-01'],
    async run(bench) {
      const { word } = await bench.attempt({ flags: O_RDWR | O_CLOEXEC });
      bench.observe('FLG-01', 'accepted', word, `O_RDWR | O_CLOEXEC came to ${word}`);
    },
  },
  {
    id: 'FLG-02/cloexec',
    title: 'FD_CLOEXEC is set exactly when asked for',
    requirements: ['FLG-02'],
    async run(bench) {
      for (const [role, value] of [
        ['asked', O_RDWR | O_CLOEXEC],
        ['not-asked', O_RDWR],
      ] as const) {
        const { fd } = await bench.buffer({ flags: value });
        const { value: got } = await bench.subject.fcntl({ fd, command: linux.F_GETFD });
        const word = (got & linux.FD_CLOEXEC) === 0n ? 'clear' : 'set';
        bench.observe('FLG-02', role, word, `O_CLOEXEC ${role}: FD_CLOEXEC is ${word}`);
      }
    },
  },
  {
    id: 'FLG-03/access-mode',
    title: 'the access mode is the one asked for',
    requirements: ['FLG-03'],
    async run(bench) {
      for (const [role, mode] of [
        ['read-only', O_RDONLY],
        ['write-only', O_WRONLY],
        ['read-write', O_RDWR],
      ] as const) {
        const { fd } = await bench.buffer({ flags: mode | O_CLOEXEC });
        const { value } = await bench.subject.fcntl({ fd, command: linux.F_GETFL });
        const word = MODE_NAMES[Number(value & O_ACCMODE)] ?? 'no access mode';
        bench.observe('FLG-03', role, word, `asked for ${role}, F_GETFL says ${word}`);
      }
    },
  },
  {
    id: 'FLG-04/each-bit',
    title: 'unknown flag bits are refused',
    requirements: ['FLG-04'],
    async run(bench) {
      const known = O_ACCMODE | O_CLOEXEC;
      const changes = eachBit(32, 2)
        .filter((bit) => (bit & known) === 0n)
        .map((bit) => ({
          name: `flag bit 0x${bit.toString(16)}`,
          fields: { flags: O_RDWR | O_CLOEXEC | bit },
        }));
      await observeChanges(bench, 'FLG-04', 'unknown-flag', changes);
    },
  },
  {
    id: 'FLG-05/no-mode',
    title: 'an access mode that is none is refused',
    requirements: ['FLG-05'],
    run: (bench) =>
      observeChanges(bench, 'FLG-05', 'no-mode', [
        { name: 'access mode 3', fields: { flags: O_ACCMODE | O_CLOEXEC } },
      ]),
  },
];

const MODE_NAMES = ['O_RDONLY', 'O_WRONLY', 'O_RDWR'] as const;
