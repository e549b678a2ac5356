/** A machine without a compiler: only what needs one does not work, and says so. */
import { join } from 'node:path';
import t from 'tap';
import type { Diagnosis } from '../../adapters/doctor.ts';
import { allocert } from './command.ts';

t.test('without a compiler on PATH only native: is missing', async (t) => {
  const folder = t.testdir();
  const env = { PATH: '/nonexistent', ALLOCERT_CACHE: join(folder, 'cache') };
  const out = ['--out', join(folder, 'report')];
  const simulated = await allocert(['run', '--only', 'ISO-01', ...out], { env });
  t.equal(simulated.code, 0, simulated.stderr);
  const contained = await allocert(['run', 'native:/dev/zero', ...out], { env });
  t.equal(contained.code, 3);
  t.match(contained.stderr, /could not be compiled \(.*cc is not there\); install musl-tools/);
  const inProcess = await allocert(['run', 'native:/dev/zero?mode=in-process', ...out], { env });
  t.equal(inProcess.code, 3);
  t.match(
    inProcess.stderr,
    /addon could not be compiled for \?mode=in-process \(cc is not there\); install gcc/,
  );
  const doctor = await allocert(['doctor'], { env });
  t.equal(doctor.code, 0);
  t.match(doctor.stdout, /^native: +not ready\n +no C compiler for the agent/m);
  t.match(doctor.stdout, /no cc for libraries and \?mode=in-process: install gcc/);
  const asJson = await allocert(['doctor', '--json'], { env });
  t.equal(asJson.code, 0, 'what is missing is said, and is not a failure');
  const told: readonly Diagnosis[] = JSON.parse(asJson.stdout);
  for (const one of told) {
    t.strictSame(Object.keys(one), ['scheme', 'ready', 'findings']);
    t.equal(typeof one.ready, 'boolean');
    t.ok(one.findings.length > 0 && one.findings.every((text) => typeof text === 'string'));
    for (const text of one.findings) t.ok(doctor.stdout.includes(text), text);
  }
  const ready = told.filter((one) => one.ready).map(({ scheme }) => scheme);
  t.strictSame(ready, ['sim', 'replay', 'remote'], 'the others need a compiler');
});
