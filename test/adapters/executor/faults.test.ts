/** failnth on the machine that this runs on, which as a rule has no fault injection. */
import { existsSync } from 'node:fs';
import t from 'tap';
import { wordOf } from '../../../adapters/contract/index.ts';
import { AgentProcess } from './agent-process.ts';

const offered = existsSync('/proc/thread-self/fail-nth');

t.test('a kernel without fault injection says so, and the next call is as ever', async (t) => {
  const agent = await AgentProcess.ready();
  t.teardown(() => agent.stop());
  const results = await agent.run([
    { op: 'failnth', nth: 1n },
    { op: 'open', slot: 'file', file: '/dev/null', flags: 2n },
    { op: 'failnth', nth: 0n },
    { op: 'failnth', nth: 1n << 40n },
    { op: 'descriptors' },
  ]);
  if (offered) {
    t.comment('this kernel has fault injection');
    return;
  }
  t.strictSame(results.map(wordOf), ['ENOENT', 'ok', 'ok', 'EINVAL', 'ok']);
  t.equal(results[2]?.value, 0n, 'nothing failed');
  t.equal(results[4]?.value, 4n, 'and nothing is left open');
});
