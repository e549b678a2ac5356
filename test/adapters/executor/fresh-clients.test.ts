/** A client that was just made lives: no signal that was meant for another process reaches it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpus } from 'node:os';
import t from 'tap';
import { wordOf } from '../../../adapters/contract/history.ts';
import { AgentProcess } from './agent-process.ts';

const SESSIONS = 300;
/** Clients that each session makes, one out of the other. */
const CLIENTS = ['first', 'second'];

/** Processes that keep the processors busy, so that others are preempted at any point. */
function busy(): readonly ChildProcess[] {
  const loops = cpus().length;
  return Array.from({ length: loops }, () =>
    spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );
}

t.test('fork, exec and a first operation under load', { timeout: 300_000 }, async (t) => {
  const agent = await AgentProcess.ready();
  t.teardown(() => agent.stop());
  if (agent.forkSkip !== false) return t.plan(0, agent.forkSkip);
  const load = busy();
  t.teardown(() => load.map((child) => child.kill('SIGKILL')));
  const wrong: unknown[] = [];
  for (let session = 0; session < SESSIONS; session += 1) {
    await agent.begin();
    let parent = 'main';
    for (const client of CLIENTS) {
      await agent.run([{ op: 'fork', client }], parent);
      const history = await agent.program({
        threads: [
          {
            client,
            operations: [{ op: 'close', fd: 99n }, { op: 'exec' }, { op: 'close', fd: 9n }],
          },
        ],
        deadlineMs: 20_000,
      });
      const words = history.threads.flat().map(wordOf).join(' ');
      if (words !== 'EBADF ok EBADF') wrong.push([session, client, words, history.deaths]);
      parent = client;
    }
  }
  t.strictSame(wrong, [], `${SESSIONS} sessions with ${CLIENTS.length} fresh clients each`);
});
