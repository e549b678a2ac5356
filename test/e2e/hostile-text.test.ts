/** Goal: whatever a target or a file says, a terminal gets only text, and files stay small. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { HOSTILE, harmIn } from '../hostile/strings.ts';
import { allocert, type Ran } from './command.ts';

const TALKER = join(packageRoot(), 'test', 'hostile', 'talker.js');
const FOUND = 'test/fixtures/debian-6.12-dma-heap/finding-unknown-nr.json';

/** Asserts that both outputs are text. */
function harmless(t: Test, { stderr, stdout }: Ran, name: string): void {
  t.equal(harmIn(stdout), '', `${name}: output`);
  t.equal(harmIn(stderr), '', `${name}: errors`);
  t.notMatch(stderr, /a bug in allocert|^\s+at /m, name);
}

/** Asserts that a reader of XML takes a file. */
function isXml(t: Test, file: string): void {
  const python = 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])';
  t.doesNotThrow(() => execFileSync('python3', ['-c', python, file], { stdio: 'pipe' }));
}

t.test('commands on a target that talks', async (t) => {
  const cwd = t.testdir({});
  const target = `${TALKER}?say=hostile`;
  const lines: readonly (readonly string[])[] = [
    ['run', target, '--only', 'LIF-01,LEN-02'],
    ['report'],
    ['compare', target, 'sim:', '--out', 'compared'],
    ['diff', target, 'sim:', '--suite', '--only', 'LEN-02'],
    ['adapter', 'check', target],
    ['fuzz', target, '--rounds', '3'],
    ['report', 'allocert-fuzz'],
  ];
  for (const line of lines) {
    const ran = await allocert(line, { cwd, env: { ALLOCERT_DEBUG: '1' } });
    harmless(t, { ...ran, stderr: ran.stderr.replace(/^ +at .*$/gm, '') }, line.join(' '));
  }
  isXml(t, join(cwd, 'allocert-report', 'junit.xml'));
});

t.test('what files say', async (t) => {
  const finding = JSON.parse(readFileSync(join(packageRoot(), FOUND), 'utf8'));
  const said = { ...finding, kind: HOSTILE, detail: HOSTILE, signature: HOSTILE, faces: [HOSTILE] };
  const found = { type: 'finding', signature: HOSTILE, file: 'finding-0.json' };
  const campaign = {
    ...{ type: 'campaign', version: '0.1.0', target: 'sim:', seed: '7', modes: ['hammer'] },
    ...{ facts: finding.facts, startedAt: '2026-01-02T03:04:05.000Z', profile: HOSTILE },
  };
  const cwd = t.testdir({
    'allocert.config.json': JSON.stringify({ run: { target: HOSTILE, only: [HOSTILE] } }),
    campaign: { 'finding-0.json': JSON.stringify({ ...said, target: 'sim:' }) },
  });
  const end = { type: 'end', reason: HOSTILE };
  const journal = [campaign, found, end].map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(join(cwd, 'campaign', 'fuzz.ndjson'), journal);
  const lines: readonly (readonly string[])[] = [
    ['report', 'campaign'],
    ['replay', 'campaign/finding-0.json', '--times', '1'],
    ['config', 'print'],
    ['config', 'print', '--json'],
    ['run', HOSTILE],
    ['replay', HOSTILE],
  ].map((line) => line.map((word) => word.replaceAll('\0', '')));
  for (const line of lines) {
    const ran = await allocert(line, { cwd });
    harmless(
      t,
      ran,
      line
        .slice(0, 2)
        .join(' ')
        .replaceAll(/[^\w ./-]/g, ''),
    );
    if (line[0] === 'report') t.equal(ran.code, 1, ran.stderr);
  }
});

for (const [say, name] of Object.entries({
  long: 'ten million characters of an error',
  often: 'twenty thousand characters of each error',
})) {
  t.test(name, async (t) => {
    const cwd = t.testdir({});
    const ran = await allocert(['run', `${TALKER}?say=${say}`, '--only', 'LEN-02'], { cwd });
    t.equal(ran.code, 1, ran.stderr);
    t.match(ran.stdout, /cut here, where \d+ more characters stood/);
    for (const file of ['journal.ndjson', 'evidence.ndjson', 'record.json', 'junit.xml']) {
      const { size } = statSync(join(cwd, 'allocert-report', file));
      t.ok(size < 2 << 20, `${file} has ${size} bytes`);
    }
    isXml(t, join(cwd, 'allocert-report', 'junit.xml'));
  });
}
