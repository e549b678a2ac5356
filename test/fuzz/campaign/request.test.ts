/** Requests of campaigns, threads and exit codes. Goal: a resumed campaign stays what it was. */
import { availableParallelism } from 'node:os';
import t from 'tap';
import { packageVersion } from '../../../base/package-root.ts';
import {
  campaignExitCode,
  canaryExitCode,
  selfCheckExitCode,
} from '../../../fuzz/campaign/exit-codes.ts';
import { resumedRequest, workersFor } from '../../../fuzz/campaign/request.ts';
import type { ResumeState } from '../../../fuzz/record/resume-state.ts';

const BUDGET = { rounds: 5, operations: undefined, milliseconds: undefined };

const stateOf = (more: object = {}): ResumeState =>
  ({
    campaign: {
      ...{ type: 'campaign', version: packageVersion(), target: 'sim:', seed: '7' },
      ...{ modes: ['hammer'], profile: 'rfc', memoryLimit: '4096', epochRounds: 9, ...more },
    },
  }) as unknown as ResumeState;

t.test('a campaign goes on as what it was, with a new budget', async (t) => {
  t.strictSame(resumedRequest(stateOf(), undefined, BUDGET), {
    ...{ target: 'sim:', seed: 7n, budget: BUDGET, modes: ['hammer'], profile: 'rfc' },
    ...{ memoryLimit: 4096n, epochRounds: 9 },
  });
  t.equal(resumedRequest(stateOf(), 'sim:', BUDGET).target, 'sim:');
});

t.test('it does not go on elsewhere, or in another version', async (t) => {
  const other = /the campaign is on sim:; resume it there/;
  t.throws(() => resumedRequest(stateOf(), 'sim:?page=16384', BUDGET), { message: other });
  const old = stateOf({ version: '0.0.1' });
  t.throws(() => resumedRequest(old, undefined, BUDGET), { message: /one of allocert 0\.0\.1/ });
});

t.test('threads are as many as was said, else all cores where sessions are free', async (t) => {
  t.equal(workersFor({ independent: true }, undefined), availableParallelism());
  t.equal(workersFor({}, undefined), 1);
  t.equal(workersFor({}, 3), 3);
  t.equal(workersFor({ independent: true }, 1), 1);
});

t.test('exit codes', async (t) => {
  t.equal(campaignExitCode(0, ''), 0);
  t.equal(campaignExitCode(2, 'it was interrupted'), 1, 'a finding counts however it ended');
  t.equal(campaignExitCode(0, 'it was interrupted'), 3);
  t.equal(canaryExitCode({ found: true, rounds: 1, complete: true }), 0);
  t.equal(canaryExitCode({ found: false, rounds: 1, complete: true }), 3);
  const check = { rounds: 1, findings: 0, entries: 0, difference: undefined, complete: true };
  t.equal(selfCheckExitCode(check), 0);
  t.equal(selfCheckExitCode({ ...check, findings: 1 }), 1);
  t.equal(selfCheckExitCode({ ...check, findings: 1, difference: 'a round' }), 3);
  t.equal(selfCheckExitCode({ ...check, complete: false }), 3);
});
