/** A library whose mappings lack memory behind a part of them is seen, by the rule of mappings. */
import t from 'tap';
import { buildChangedExample } from '../adapters/native/example-library.ts';
import { everySuiteOn, idsWith } from './every-suite.ts';

/** Where the example has mapped a buffer. */
const MAPPED =
  'at = mmap(address, bytes, protection, flags, fd, (off_t)(buffer.offset + offset));\n';

/** Maps what lies past the end of the file over a mapping from `there` on: SIGBUS. */
const unbacked = (condition: string, there: string): string => `
		if (at != MAP_FAILED && ${condition}) {
			uint64_t from = ${there};
			int fixed = (flags & ~MAP_FIXED_NOREPLACE) | MAP_FIXED;
			off_t past = (off_t)(REGION_BYTES * 4ul);
			mmap((char *)at + from, bytes - from, protection, fixed, fd, past);
		}
`;

const END = '(REGION_BYTES / 4 * 3)';
const START = '(buffer.offset + offset)';
const BUGS = [
  {
    name: 'only the first segment of a buffer is mapped',
    bug: unbacked(
      'offset + bytes > 64 * PAGE_BYTES',
      'offset >= 64 * PAGE_BYTES ? 0 : 64 * PAGE_BYTES - offset',
    ),
    seen: /written to all \d+ bytes and read back: SIGBUS/,
  },
  {
    name: 'the upper part of the region is not there',
    bug: unbacked(`${START} + bytes > ${END}`, `${START} >= ${END} ? 0 : ${END} - ${START}`),
    seen: /buffers of \d+ bytes alive, each written and read back: SIGBUS/,
  },
];

for (const { name, bug, seen } of BUGS) {
  t.test(name, async (t) => {
    const library = await buildChangedExample(t.testdir(), [['table.c', MAPPED, MAPPED + bug]]);
    const came = await everySuiteOn(`native:${library}`);
    t.ok(came.complete);
    t.strictSame(idsWith(came, 'fail', 'crash', 'hang', 'warn'), ['MAP-01']);
    t.match(
      came.verdicts.find(({ status }) => status === 'fail'),
      { requirement: 'MAP-01', observed: ['SIGBUS'], reason: seen },
    );
  });
}
