/** A target that dies between two cases is a crash of the second, live and replayed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  RecordingSession,
  type Session,
  TargetDeath,
  type TargetFacts,
  toJson,
} from '../../../adapters/contract/index.ts';
import { openReplay } from '../../../adapters/replay/adapter.ts';

const facts: TargetFacts = {
  kind: 'sim',
  implementation: 'one that dies',
  architecture: 'x86_64',
  pageSize: 4096,
  pointerBytes: 8,
  regions: [],
  capabilities: [],
  kernelLog: false,
  details: {},
};

const dying: Session = {
  facts,
  begin: async () => {
    throw new TargetDeath('crash', 'it fell over', ['last line']);
  },
  run: async () => {
    throw new Error('never asked');
  },
  close: async () => {},
};

t.test('a death before the first question is recorded and replayed', async (t) => {
  const live = new RecordingSession(dying);
  const death = { name: 'TargetDeath', manner: 'crash', message: 'it fell over' };
  await t.rejects(live.begin('X/one'), death);
  const lines = [
    { kind: 'target', version: 1, target: 'sim:', seed: '0x1', facts },
    { kind: 'case', ...live.transcript },
  ];
  const folder = t.testdir({});
  const text = lines.map((line) => JSON.stringify(toJson(line))).join('\n');
  writeFileSync(join(folder, 'evidence.ndjson'), `${text}\n`);
  const session = await (await openReplay(`replay:${folder}`)).open();
  await t.rejects(session.begin('X/one'), death);
  await session.begin('X/never-recorded');
});
