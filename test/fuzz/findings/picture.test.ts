/** Goal: a finding's picture says what the oracles saw: which buffer had which frames, and when. */
import t from 'tap';
import { pictureOf } from '../../../fuzz/findings/picture.ts';
import { overlapsOf } from '../../../reports/formats/html/overlaps.ts';
import { findingsOn } from '../campaign-findings.ts';

const [exclusion] = (await findingsOn('sim:?defect=overlapping-buffers', 20)).filter(
  ({ oracle }) => oracle === 'exclusion',
);

t.test('the frame that the oracle names is in the overlap that is drawn', async (t) => {
  if (exclusion === undefined) throw new Error('the defect was not found');
  const picture = pictureOf(exclusion, { file: 'finding-1.json' });
  const named = BigInt(/frame (0x[0-9a-f]+)/.exec(exclusion.detail)?.[1] ?? '0');
  const overlaps = overlapsOf(picture);
  t.ok(
    overlaps.some(
      ({ frames: { count, first } }) => first <= named && named < first + BigInt(count),
    ),
    `${exclusion.detail} in ${JSON.stringify(overlaps, (_, one) => String(one))}`,
  );
  t.equal(picture.rule.id, 'CMA-03');
  t.equal(picture.rule.level, 'MUST');
});

t.test('each buffer knows the step that made it, and what held it', async (t) => {
  if (exclusion === undefined) throw new Error('the defect was not found');
  const { buffers, schedule } = pictureOf(exclusion, { file: 'finding-1.json' });
  t.ok(buffers.length >= 2);
  for (const { holdings, made } of buffers) {
    const step = schedule[made];
    t.equal(step?.operation.op, 'ioctl');
    const [descriptor] = holdings;
    t.equal(descriptor?.kind, 'descriptor');
    const out = step?.result?.out ?? new Uint8Array(32);
    t.equal(descriptor?.value, BigInt(new DataView(out.buffer, out.byteOffset).getInt32(24, true)));
  }
});

t.test('a target that died has a schedule without answers', async (t) => {
  if (exclusion === undefined) throw new Error('the defect was not found');
  const dead = { ...exclusion, oracle: 'target', requirement: 'ERR-12', histories: [] };
  const picture = pictureOf(dead, { file: 'finding-1.json' });
  t.ok(picture.schedule.length > 0);
  t.ok(picture.schedule.every(({ result }) => result === undefined));
  t.strictSame(picture.buffers, []);
});

t.test('a rule that the catalogue no longer has is named all the same', async (t) => {
  if (exclusion === undefined) throw new Error('the defect was not found');
  const picture = pictureOf({ ...exclusion, requirement: 'OLD-01' }, { file: 'finding-1.json' });
  t.strictSame(picture.rule, { id: 'OLD-01' });
});
