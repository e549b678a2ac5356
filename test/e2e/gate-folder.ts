/** What the examples of docs/ci.md speak of: a target that misbehaves, reports and waiver files. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Test } from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import { allocert } from './command.ts';

const simulator = pathToFileURL(
  join(packageRoot(), 'dist', 'adapters', 'simulator', 'adapter.js'),
).href;

/**
 * An adapter of a simulator that is always the same by its facts. KILL_AT and BAD_SESSIONS in the
 * environment say at which Program it kills its own process, and how many sessions are broken.
 */
const TARGET = `
import { openSimulator } from '${simulator}';

export default (url) => {
  const how = url.split('?')[1] ?? '';
  const bad = { broken: Infinity, moody: 1 }[how] ?? Number(process.env.BAD_SESSIONS ?? 0);
  const killAt = Number(process.env.KILL_AT ?? 0);
  let sessions = 0;
  let programs = 0;
  const clean = openSimulator('sim:');
  const broken = openSimulator('sim:?behaviour=rfc-v2');
  return {
    url,
    close: async () => {},
    open: async () => {
      sessions += 1;
      const { facts: all } = await clean.open();
      const isThere = (one) => how !== 'partial' || !['memory', 'clients'].includes(one);
      const facts = { ...all, capabilities: all.capabilities.filter(isThere) };
      const session = await (sessions <= bad ? broken : clean).open();
      return {
        facts,
        begin: (caseId) => session.begin(caseId),
        close: () => session.close(),
        run: async (program) => {
          programs += 1;
          if (programs === killAt) process.kill(process.pid, 'SIGKILL');
          if (how !== 'dies') return session.run(program);
          throw Object.assign(new Error('it died'), { name: 'TargetDeath', manner: 'crash' });
        },
      };
    },
  };
};
`;

const waiver = (more: object): string =>
  JSON.stringify({
    version: 1,
    waivers: [
      {
        id: 'IOC-02',
        target: '*',
        reason: 'The ioctl table is being rewritten.',
        owner: 'memory team',
        issue: 'https://bugs.example.org/1234',
        expires: '2999-12-31',
        ...more,
      },
    ],
  });

/** A new folder with the adapter alone; it is removed with the test. */
export function targetFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-gate-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'target.js'), TARGET);
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  return folder;
}

/** A new folder with everything that the examples name. */
export async function exampleFolder(t: Test): Promise<string> {
  const cwd = targetFolder(t);
  writeFileSync(join(cwd, 'valid.json'), waiver({}));
  writeFileSync(join(cwd, 'expired.json'), waiver({ expires: '2020-02-29' }));
  writeFileSync(join(cwd, 'unused.json'), waiver({ target: 'native:*' }));
  writeFileSync(join(cwd, 'unsafe.json'), waiver({ id: 'ISO-01' }));
  writeFileSync(join(cwd, 'nobody.json'), waiver({ owner: undefined }));
  const only = ['--only', 'IOC-02,LIF-01'];
  await allocert(['run', './target.js?broken', ...only, '--out', 'broken'], { cwd });
  cpSync(join(cwd, 'broken'), join(cwd, 'killed'), { recursive: true });
  cpSync(join(cwd, 'broken'), join(cwd, 'edited'), { recursive: true });
  const edited = join(cwd, 'edited', 'journal.ndjson');
  writeFileSync(edited, readFileSync(edited, 'utf8').replaceAll('"fail"', '"pass"'));
  for (const name of ['evidence.ndjson', 'record.json']) rmSync(join(cwd, 'killed', name));
  const journal = join(cwd, 'killed', 'journal.ndjson');
  const lines = readFileSync(journal, 'utf8').split('\n');
  writeFileSync(journal, `${lines.slice(0, 2).join('\n')}\n`);
  return cwd;
}

/** The record in a report folder. */
export const recordIn = (...folder: readonly string[]): RunRecord =>
  JSON.parse(readFileSync(join(...folder, 'record.json'), 'utf8'));
