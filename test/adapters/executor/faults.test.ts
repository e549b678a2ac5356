/** failnth on the machine that this runs on, which as a rule has no fault injection. */
import { existsSync } from 'node:fs';
import t from 'tap';
import { wordOf } from '../../../adapters/contract/index.ts';
import { AgentProcess } from './agent-process.ts';

const offered = existsSync('/proc/thread-self/fail-nth');

const without = offered ? { skip: 'this kernel has fault injection' } : {};

t.test('a kernel without fault injection says so; the next call is as ever', without, async (t) => {
  const agent = await AgentProcess.ready();
  t.teardown(() => agent.stop());
  const results = await agent.run([
    { op: 'failnth', nth: 1n },
    { op: 'open', slot: 'file', file: '/dev/null', flags: 2n },
    { op: 'failnth', nth: 0n },
    { op: 'failnth', nth: 1n << 40n },
    { op: 'descriptors' },
  ]);
  t.strictSame(results.map(wordOf), ['ENOENT', 'ok', 'ok', 'EINVAL', 'ok']);
  t.equal(results[2]?.value, 0n, 'nothing failed');
  t.equal(results[4]?.value, 4n, 'and nothing is left open');
});

const withThem = offered ? {} : { skip: 'this kernel has no fault injection' };

t.test('a call of which an allocation fails says so, and nothing is left', withThem, async (t) => {
  const agent = await AgentProcess.ready();
  t.teardown(() => agent.stop());
  const results = await agent.run([
    { op: 'failnth', nth: 1n },
    { op: 'open', slot: 'file', file: '/dev/null', flags: 2n },
    { op: 'failnth', nth: 0n },
    { op: 'descriptors' },
  ]);
  t.strictSame(results.map(wordOf), ['ok', 'ENOMEM', 'ok', 'ok']);
  t.equal(results[2]?.value, 1n, 'one failed');
  t.equal(results[3]?.value, 3n, 'no descriptor is left');
});
