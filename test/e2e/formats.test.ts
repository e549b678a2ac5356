/** One run writes every format, and every format says the same. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validate } from 'ctrf';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { schemaViolation } from '../../reports/files/schema.ts';
import { pointsOf } from '../../reports/record/points.ts';
import { readRecord } from '../../reports/record/read-record.ts';
import { REPORTERS } from '../../reports/reporters.ts';
import { PARSERS } from '../reports/formats/parse-back.ts';
import { allocert } from './command.ts';

t.test('one run writes every format, and all of them agree', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-formats-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const place = (format: string): string => join(folder, format);
  const textOf = (format: string): string => readFileSync(place(format), 'utf8');
  const reporters = Object.keys(REPORTERS).flatMap((format) => [
    '--reporter',
    `${format}=${place(format)}`,
  ]);
  const out = join(folder, 'report');
  const only = 'LEN-02,IOC-02,ISO-01,FD-01,REG-05,VER-01';
  const args = ['run', 'sim:?behaviour=rfc-v2', '--only', only, '--out', out, ...reporters];
  const ran = await allocert(args);
  t.equal(ran.code, 1, ran.stderr);

  const points = pointsOf(readRecord(place('json')));
  const bad = points.filter(({ status }) => /fail|crash|hang|inconclusive/.test(status)).length;
  const skipped = points.filter(({ status }) => /skip|waived/.test(status)).length;
  t.ok(bad > 0 && bad < points.length, `${bad} of ${points.length} are bad`);
  for (const [format, parse] of Object.entries(PARSERS)) {
    t.strictSame(parse(textOf(format), 0), { tests: points.length, bad, skipped }, format);
  }
  t.equal(textOf('github').match(/^::error /gm)?.length, bad, 'an annotation for each');
  t.match(ran.stdout, 'FAIL  IOC-02');

  t.equal(schemaViolation('record', JSON.parse(textOf('json'))), undefined);
  t.strictSame(validate(JSON.parse(textOf('ctrf'))), { valid: true, errors: [] });
  if (spawnSync('xmllint', ['--version']).error === undefined) {
    const schema = join(packageRoot(), 'test', 'reports', 'formats', 'junit.xsd');
    const lint = spawnSync('xmllint', ['--noout', '--schema', schema, place('junit')]);
    t.equal(lint.status, 0, String(lint.stderr));
  }

  const later = join(folder, 'later');
  const formats = ['tap', 'json', 'junit', 'ctrf', 'markdown', 'github', 'html'];
  for (const format of formats) {
    const again = await allocert(['report', place('json'), '--reporter', `${format}=${later}`]);
    t.equal(again.code, 1, again.stderr);
    // A record on its own has no evidence beside it to show.
    if (format === 'html') continue;
    t.equal(readFileSync(later, 'utf8'), textOf(format), `${format}: the record gives the same`);
  }
});
