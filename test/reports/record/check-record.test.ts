/** What a record says of itself is what its cases come to. */
import t from 'tap';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import { refuseContradiction } from '../../../reports/record/check-record.ts';
import { journalOf, sampleLines } from '../sample.ts';

const RECORD = deriveRecord(journalOf(sampleLines({ text: 'fail' })));

t.test('a record that contradicts its cases is refused', async (t) => {
  refuseContradiction(RECORD, 'record.json');
  const message = /record\.json contradicts itself: exitCode is 0, and its cases come to 1/;
  t.throws(() => refuseContradiction({ ...RECORD, exitCode: 0 }, 'record.json'), { message });
  const requirements = RECORD.requirements.map((one) => ({
    ...one,
    statuses: { ...one.statuses, hardened: 'pass' as const },
  }));
  t.throws(() => refuseContradiction({ ...RECORD, requirements }, 'record.json'), {
    message: /the statuses of .* are not those that its cases come to/,
    exitCode: 3,
  });
});
