/** The directory of a report. Goal: no replay takes the place of the evidence that it reads. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { reportPlace } from '../../../reports/files/report-place.ts';
import { temporaryDirectory } from '../sample.ts';

t.test('a run and a replay have each their own, unless one is named', async (t) => {
  t.equal(reportPlace('sim:', undefined), 'allocert-report');
  t.equal(reportPlace('replay:somewhere', undefined), 'allocert-replay');
  t.equal(reportPlace('replay:somewhere', 'there'), 'there');
  t.equal(reportPlace('sim:', 'there'), 'there');
});

t.test('a replay does not write where it reads, under whatever name', async (t) => {
  const folder = temporaryDirectory();
  const other = join(temporaryDirectory(), 'link');
  symlinkSync(folder, other);
  for (const place of [folder, `${folder}/`, other]) {
    t.throws(() => reportPlace(`replay:${folder}`, place), { message: /its report cannot go/ });
  }
  t.equal(reportPlace('sim:', folder), folder);
  t.equal(reportPlace(`replay:${folder}`, join(folder, 'new')), join(folder, 'new'));
});
