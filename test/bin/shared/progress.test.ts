/** What a run shows of itself where there is no terminal. */

import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { mock } from 'node:test';
import t from 'tap';
import { Progress } from '../../../bin/shared/progress.ts';
import type { CaseFinish, RunStart } from '../../../reports/record/journal-lines.ts';
import type { Verdict } from '../../../reports/record/record.ts';

t.test('a case that is retried counts once', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const out = new PassThrough();
  const progress = new Progress(out as unknown as NodeJS.WriteStream);
  progress.start({ cases: ['A', 'B'], profile: 'rfc' } as unknown as RunStart);
  const verdicts = [{ profile: 'rfc', status: 'fail' } as Verdict];
  for (const id of ['A', 'A', 'A'])
    progress.caseEnd({ case: id, verdicts } as unknown as CaseFinish);
  mock.timers.tick(5000);
  progress.stop();
  out.end();
  t.match(await text(out), /^1\/2 cases, 1 failing, \d+ s: /);
});
