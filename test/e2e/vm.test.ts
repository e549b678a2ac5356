/**
 * The whole path on a kernel that nobody here wrote: Debian's stock 6.12 in QEMU. Needs QEMU, a C
 * compiler and apt; without them everything here is skipped with that reason, except in CI.
 */
import { existsSync, readFileSync, unwatchFile, watchFile } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Adapter } from '../../adapters/contract/index.ts';
import { openVm } from '../../adapters/vm/adapter.ts';
import { FLAVOURS, prepareDebianKernel } from '../../adapters/vm/kernels/debian-kernels.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import { allocert, guestsOf } from './command.ts';
import { debianGuest } from './debian-guest.ts';

const TARGET = 'vm:debian/dma_heap/system';
/** Cases that outlast whoever watches the journal, whichever of them it then meets. */
const LASTING = 'LEN-05/huge,MAP-01,MAP-02,MAP-04,MAP-08,LIF-01,LIF-02,LIF-03,LIF-04,FD-01,FD-02';
const BOOTLESS_MS = 400_000;

const options = await debianGuest();

const recordIn = (folder: string): RunRecord =>
  JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8'));

/** Case, requirement, profile and status of every verdict: what two runs must agree on. */
const verdictsOf = (record: RunRecord): string[] =>
  record.cases.flatMap((one) =>
    one.verdicts.map((v) => `${one.id} ${v.requirement} ${v.profile} ${v.status}`),
  );

t.test('a stock kernel conforms to its profile, and its evidence replays', options, async (t) => {
  const folder = t.testdir({});
  const live = join(folder, 'live');
  const started = process.hrtime.bigint();
  const run = await allocert(['run', TARGET, '--out', live]);
  t.comment(`${(process.hrtime.bigint() - started) / 1_000_000n} ms with boot`);
  t.equal(run.code, 0, run.stderr + run.stdout);
  const record = recordIn(live);
  t.equal(record.profile, 'dma-heap');
  t.match(record.facts.kernel?.release, /^6\.12\./, 'as the target itself says');
  t.equal(
    record.facts.details.execution === 'kvm' || record.facts.details.execution === 'tcg',
    true,
  );
  const warned = record.requirements.filter((one) => one.statuses['dma-heap'] === 'warn');
  t.strictSame(
    warned.map(({ id }) => id),
    ['FLG-05', 'IOC-02', 'IOC-03', 'IOC-04', 'IOC-05'],
    'the known deviations of DMA-BUF heaps, and nothing else',
  );

  const away = { PATH: '/nonexistent', ALLOCERT_QEMU: '/nonexistent/qemu' };
  const again = join(folder, 'again');
  const replay = await allocert(['run', `replay:${live}`, '--out', again], { env: away });
  t.equal(replay.code, 0, replay.stderr);
  t.strictSame(verdictsOf(recordIn(again)), verdictsOf(record));

  const edited = join(folder, 'edited');
  await cp(live, edited, { recursive: true });
  await editErrno(join(edited, 'evidence.ndjson'), 'LEN-01/zero', 'EINVAL', 'ENOMEM');
  const flipped = join(folder, 'flipped');
  const words = ['run', `replay:${edited}`, '--out', flipped];
  const refused = await allocert(words, { env: away });
  t.match(refused, { code: 3, stderr: /contradicted by the record\.json beside it/ });
  await rm(join(edited, 'record.json'));
  const lie = await allocert(words, { env: away });
  t.equal(lie.code, 1, lie.stderr);
  const changed = verdictsOf(recordIn(flipped)).filter((row) => !verdictsOf(record).includes(row));
  t.strictSame(changed, ['LEN-01/zero LEN-01 dma-heap fail'], 'that case and no other');
});

async function editErrno(file: string, id: string, from: string, to: string): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  const edited = lines.map((line) =>
    line.includes(`"caseId":"${id}"`)
      ? line.replaceAll(`"errno":"${from}"`, `"errno":"${to}"`)
      : line,
  );
  t.notSame(edited, lines, 'there was something to edit');
  await writeFile(file, edited.join('\n'));
}

t.test('a case whose QEMU was killed from outside runs again', options, async (t) => {
  const out = join(t.testdir({}), 'report');
  const run = await allocert(['run', TARGET, '--only', LASTING, '--out', out], {
    onStart: (child) => killQemuDuring(child.pid ?? 0, join(out, 'journal.ndjson'), 'LEN-05/huge'),
  });
  t.equal(run.code, 0, run.stderr + run.stdout);
  t.match(
    run.stdout,
    /NOTE +\S+ is repeated because the connection was lost: QEMU ended \(SIGKILL\)/,
  );
  const record = recordIn(out);
  t.notOk(record.cases.some(({ end }) => end === 'crash' || end === 'hang'));
  t.ok(record.cases.length > 10 && record.complete, 'the run went on');
});

function killQemuDuring(parent: number, journal: string, id: string): void {
  whenStarted(journal, id, () => {
    for (const pid of guestsOf(parent)) process.kill(pid, 'SIGKILL');
  });
}

function whenStarted(journal: string, id: string, act: () => void): void {
  watchFile(journal, { interval: 50 }, () => {
    const started = `{"type":"case-start","case":"${id}"}`;
    if (!existsSync(journal) || !readFileSync(journal, 'utf8').includes(started)) return;
    unwatchFile(journal);
    act();
  });
}

t.test('Ctrl-C stops the run and accuses nobody', options, async (t) => {
  const out = join(t.testdir({}), 'report');
  const interrupt = (pid: number): void => {
    // A terminal sends it to the whole group; the guest must not be in it.
    whenStarted(join(out, 'journal.ndjson'), 'LEN-05/huge', () => process.kill(-pid, 'SIGINT'));
  };
  const run = await allocert(['run', TARGET, '--only', LASTING, '--out', out], {
    ownGroup: true,
    onStart: (child) => interrupt(child.pid ?? 0),
  });
  t.equal(run.code, 130, run.stderr);
  const record = recordIn(out);
  t.equal(record.complete, false);
  t.notOk(record.cases.some(({ end }) => end === 'crash' || end === 'hang'));
});

t.test('a kernel that panics is a crash with the kernel’s last words', options, async (t) => {
  const out = join(t.testdir({}), 'report');
  const target = `${TARGET}?append=sysctl.vm.panic_on_oom%3D2`;
  const run = await allocert(['run', target, '--only', 'LEN-05/huge', '--out', out]);
  t.equal(run.code, 1, run.stderr);
  const [crashed] = recordIn(out).cases;
  t.equal(crashed?.end, 'crash');
  t.match(crashed?.reason, /Kernel panic - not syncing: Out of memory/);
});

t.test('a kernel that never becomes a target says why', options, async (t) => {
  const out = join(t.testdir({}), 'report');
  const dead = await allocert(['run', `${TARGET}?append=rdinit%3D/nothing`, '--out', out]);
  t.equal(dead.code, 3);
  t.match(dead.stderr, /no agent answers: QEMU ended .*Kernel panic/);
  const absent = await allocert(['run', 'vm:debian/dma_heap/absent', '--out', out]);
  t.equal(absent.code, 3, absent.stdout);
  t.match(
    absent.stderr,
    /the target has no \/dev\/dma_heap\/absent \(ENOENT\); .* module=FILE\.ko/,
  );
  const text = t.testdir({ kernel: 'no kernel at all' });
  const none = await allocert(['run', `vm:/dev/x?kernel=${text}/kernel&silence=5`, '--out', out]);
  t.equal(none.code, 2);
  t.match(none.stderr, /kernel is not a kernel image for 64-bit PCs; name the bzImage/);
});

t.test(
  'any other kernel works the same way; a module that does not load says so',
  options,
  async (t) => {
    const folder = t.testdir({ 'bad.ko': 'no module at all' });
    const { image } = await prepareDebianKernel(FLAVOURS.amd64);
    const target = `vm:/dev/dma_heap/system?kernel=${encodeURIComponent(image)}&memory=512`;
    const own = await allocert(['run', target, '--only', 'IOC-01', '--out', join(folder, 'own')]);
    t.equal(own.code, 0, own.stderr);
    t.equal(recordIn(join(folder, 'own')).facts.details.memoryMiB, '512');
    const broken = `${target}&module=${folder}/bad.ko,size=1`;
    const refused = await allocert(['run', broken, '--out', join(folder, 'bad')]);
    t.equal(refused.code, 3, refused.stdout);
    t.match(refused.stderr, /cannot load \/modules\/bad\.ko: Exec format error; is it built for/);
  },
);

t.test(
  'a session that lost its guest opens anew',
  { ...options, timeout: BOOTLESS_MS },
  async (t) => {
    const adapter: Adapter = openVm(TARGET);
    t.teardown(() => adapter.close());
    const first = await adapter.open();
    await first.begin('one');
    const sleep = { op: 'sleep', microseconds: 30_000_000n } as const;
    const lost = first.run({
      deadlineMs: 60_000,
      threads: [{ client: 'main', operations: [sleep] }],
    });
    for (const pid of guestsOf(process.pid)) process.kill(pid, 'SIGKILL');
    await t.rejects(lost, { name: 'TargetDeath', manner: 'crash', forced: true });
    const second = await adapter.open();
    await second.begin('two');
    const close = { op: 'close', fd: 99n } as const;
    const history = await second.run({
      deadlineMs: 5_000,
      threads: [{ client: 'main', operations: [close] }],
    });
    t.equal(history.threads[0]?.[0]?.errno, 'EBADF');
  },
);
