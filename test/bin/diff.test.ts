/** allocert diff as a user meets it: the same, different, and what it refuses. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { toJson } from '../../adapters/contract/index.ts';
import { allocert } from '../e2e/command.ts';

const RFC = 'sim:?behaviour=rfc-v2';

t.test('a target answers as itself', async (t) => {
  const ran = await allocert(['diff', 'sim:', 'sim:', '--suite', '--only', 'IOC-02,LIF-01']);
  t.equal(ran.code, 0, ran.stderr + ran.stdout);
  t.notMatch(ran.stdout, /observed ENODEV/);
});

t.test('what differs stands under its requirement, and in the files', async (t) => {
  const out = join(t.testdir({}), 'diff');
  const words = ['--suite', '--only', 'IOC-02,LEN-01', '--out', out];
  const ran = await allocert(['diff', 'sim:', RFC, ...words]);
  t.equal(ran.code, 1, ran.stderr);
  t.match(ran.stdout, /^IOC-02 {2}An unknown command/m);
  t.match(ran.stdout, /left +ENOTTY\n +right ENODEV/);
  t.notMatch(ran.stdout, /^LEN-01/m, 'what is the same is not shown');
  t.match(readFileSync(join(out, 'diff.md'), 'utf8'), /IOC-02/);
  t.match(JSON.stringify(JSON.parse(readFileSync(join(out, 'diff.json'), 'utf8'))), /ENODEV/);
});

t.test('a Program of one’s own is compared', async (t) => {
  const folder = t.testdir({});
  const file = join(folder, 'program.json');
  const open = { op: 'open', slot: 'device', file: 'region:0', flags: 2n };
  const argument = { bytes: new Uint8Array(32) };
  const call = { op: 'ioctl', fd: { slot: 'device' }, request: 0xc0205301n, argument };
  const program = { threads: [{ client: 'main', operations: [open, call] }], deadlineMs: 1000 };
  writeFileSync(file, JSON.stringify(toJson(program)));
  const same = await allocert(['diff', 'sim:', 'sim:?seed=9', '--program', file]);
  t.equal(same.code, 0, same.stderr + same.stdout);
  const other = await allocert(['diff', 'sim:', RFC, '--program', file]);
  t.equal(other.code, 1, other.stderr);
  t.match(other.stdout, /ENOTTY/);
  t.match(other.stdout, /ENODEV/);
});

t.test('what cannot be compared is refused in one sentence', async (t) => {
  const folder = t.testdir({ 'bad.json': '{"threads": 3}', 'torn.json': '{' });
  for (const [words, code, sentence] of [
    [['sim:', 'sim:'], 2, /--program|--suite/],
    [['sim:', 'sim:', '--program', join(folder, 'none.json')], 2, /none\.json cannot be read/],
    [['sim:', 'sim:', '--program', join(folder, 'torn.json')], 2, /torn\.json/],
    [
      ['sim:', 'sim:', '--program', join(folder, 'bad.json')],
      2,
      /is not a Program: at the top, "deadlineMs" is missing/,
    ],
    [['sim:', 'nope:', '--suite'], 2, /is not a target/],
    [['sim:', './none.js', '--suite'], 2, /none\.js/],
  ] as const) {
    const ran = await allocert(['diff', ...words]);
    t.equal(ran.code, code, `${words.join(' ')}: ${ran.stderr}`);
    t.match(ran.stderr, sentence);
  }
});
