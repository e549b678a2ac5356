/** kill -9 of the daemon or of the client at random points: no hang, no wrong pass, a report. */
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Adapter, Session } from '../../adapters/contract/index.ts';
import { openTarget } from '../../adapters/open-target.ts';
import { Daemon } from '../../adapters/remote/daemon.ts';
import { listenUnix } from '../../adapters/remote/unix.ts';
import type { CaseFinish, RunEnd } from '../../reports/record/journal-lines.ts';
import { runSuites } from '../../suites/index.ts';
import { allocert, start } from './command.ts';

const POINTS = 20;

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-killed-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A daemon in a process of its own, which listens once this resolves. */
async function startDaemon(path: string, target = 'sim:'): Promise<ChildProcess> {
  const words = ['serve', target, '--listen', `unix:${path}`];
  const child = start(words, ['ignore', 'pipe', 'ignore']);
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

interface Came {
  readonly cases: readonly CaseFinish[];
  readonly end: RunEnd;
}

async function run(adapter: Adapter): Promise<Came> {
  const cases: CaseFinish[] = [];
  const end = await runSuites({
    adapter,
    only: [],
    onStart: () => {},
    onCaseStart: () => {},
    onNotice: () => {},
    onCaseEnd: (line) => cases.push(line),
  });
  await adapter.close();
  return { cases, end };
}

/** The adapter, but with something that happens while its Program of that number runs. */
function disturbed(adapter: Adapter, at: number, act: () => Promise<void>): Adapter {
  let programs = 0;
  let acting = Promise.resolve();
  return {
    url: adapter.url,
    close: () => adapter.close(),
    open: async () => {
      await acting;
      const session: Session = await adapter.open();
      return {
        facts: session.facts,
        begin: (caseId) => session.begin(caseId),
        close: () => session.close(),
        run: (program) => {
          programs += 1;
          if (programs === at) acting = act();
          return session.run(program);
        },
      };
    },
  };
}

const verdictsOf = ({ cases }: Came): object[] => cases.map(({ verdicts }) => verdicts);

t.test('the daemon is killed and starts again', async (t) => {
  const path = join(folderOf(t), 'socket');
  const direct = await run(await openTarget('sim:'));
  const programs = direct.cases.flatMap(({ transcript }) => transcript.entries).length;
  let daemon = await startDaemon(path);
  for (let point = 0; point < POINTS; point += 1) {
    const at = randomInt(1, programs + 1);
    const adapter = disturbed(await openTarget(`remote:unix:${path}`), at, async () => {
      await kill(daemon);
      daemon = await startDaemon(path);
    });
    const came = await run(adapter);
    t.equal(came.end.complete, true, `killed at Program ${at}: ${came.end.reason}`);
    t.strictSame(verdictsOf(came), verdictsOf(direct), 'each verdict once, and as without it');
  }
  await kill(daemon);
});

t.test('the daemon is killed for good', async (t) => {
  const path = join(folderOf(t), 'socket');
  const direct = await run(await openTarget('sim:'));
  const programs = direct.cases.flatMap(({ transcript }) => transcript.entries).length;
  const daemon = await startDaemon(path);
  const at = randomInt(1, programs + 1);
  const adapter = disturbed(await openTarget(`remote:unix:${path}`), at, () => kill(daemon));
  const came = await run(adapter);
  t.match(came.end, { complete: false, reason: /no agent answers/ }, `killed at Program ${at}`);
  const last = came.cases.at(-1);
  t.equal(last?.end, 'inconclusive', 'the case that ran is marked');
  t.strictSame(
    verdictsOf(came).slice(0, -1),
    verdictsOf(direct).slice(0, came.cases.length - 1),
    'what was known before stays',
  );
});

/** A daemon in this process that serves `sim:`, where something happens at a Program of a session. */
async function ownDaemon(
  t: Test,
  path: string,
  disturbance: { at: number; act(): Promise<void> },
): Promise<void> {
  const daemon = new Daemon({
    openTarget: async () => ({
      ...disturbed(await openTarget('sim:'), disturbance.at, () => disturbance.act()),
      independent: true,
    }),
    onEvent: () => {},
  });
  const listener = await listenUnix(path, (socket) => daemon.accept(socket), console.error);
  t.teardown(async () => {
    const closed = listener.close();
    await daemon.close();
    await closed;
  });
}

t.test('the command line reports what was observed before the daemon was killed', async (t) => {
  const folder = folderOf(t);
  const path = join(folder, 'socket');
  const inner = join(folder, 'inner');
  // The daemon that is killed passes everything on to one that knows how far the run is.
  let daemon: ChildProcess | undefined;
  await ownDaemon(t, inner, {
    at: 50,
    act: async () => {
      if (daemon !== undefined) await kill(daemon);
    },
  });
  daemon = await startDaemon(path, `remote:unix:${inner}`);
  const out = join(folder, 'report');
  const ran = await allocert(['run', `remote:unix:${path}`, '--out', out]);
  t.equal(ran.code, 3, ran.stderr + ran.stdout);
  const record = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
  t.match(record, { exitCode: 3, complete: false });
  const ends = record.cases.map(({ end }: { end: string }) => end);
  t.ok(ends.includes('completed'));
  t.equal(ends.filter((end: string) => end === 'inconclusive').length, 1);
});

t.test('a daemon that is told to stop takes its socket away', async (t) => {
  const path = join(folderOf(t), 'socket');
  const daemon = await startDaemon(path);
  const session = await (await openTarget(`remote:unix:${path}`)).open();
  daemon.kill('SIGTERM');
  const [code] = await once(daemon, 'exit');
  t.equal(code, 0);
  t.notOk(existsSync(path));
  await t.rejects(session.begin('X/late'), { name: 'ConnectionLost', message: /./ });
  await session.close();
});

t.test('a client is killed, and the next one is served', async (t) => {
  const folder = folderOf(t);
  const path = join(folder, 'socket');
  const direct = await run(await openTarget('sim:'));
  const programs = direct.cases.flatMap(({ transcript }) => transcript.entries).length;
  let victim: ChildProcess | undefined;
  const disturbance = {
    at: 0,
    act: async () => {
      victim?.kill('SIGKILL');
    },
  };
  await ownDaemon(t, path, disturbance);
  for (let point = 0; point < 5; point += 1) {
    disturbance.at = randomInt(1, programs + 1);
    const out = join(folder, `report-${point}`);
    const killed = await allocert(['run', `remote:unix:${path}`, '--out', out], {
      onStart: (child) => {
        victim = child;
      },
    });
    t.equal(killed.code, null, `killed at Program ${disturbance.at}`);
    const report = await allocert(['report', out]);
    t.equal(report.code, 3, `an incomplete run: ${report.stderr}`);
    victim = undefined;
    disturbance.at = 0;
    t.strictSame(
      verdictsOf(await run(await openTarget(`remote:unix:${path}`))),
      verdictsOf(direct),
    );
  }
});
