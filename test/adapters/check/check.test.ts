/** The adapter check: sound adapters keep every rule, broken ones are caught by the right rule. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import t from 'tap';
import { checkAdapter, RULES } from '../../../adapters/check/check.ts';
import type { RuleResult } from '../../../adapters/check/kit/rule.ts';
import type { Adapter } from '../../../adapters/contract/index.ts';
import { buildAgent } from '../../../adapters/executor/build/build.ts';
import { connectAgent } from '../../../adapters/protocol/client.ts';
import { targetFacts } from '../../../adapters/protocol/facts.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { schemaViolation } from '../../../reports/files/schema.ts';
import { BREAKAGES, brokenAdapter } from './broken.ts';

const check = (adapter: Adapter): Promise<readonly RuleResult[]> =>
  checkAdapter({ adapter, factsViolation: (facts) => schemaViolation('facts', facts) });

const idsWith = (status: string, results: readonly RuleResult[]): string[] =>
  results.filter((one) => one.status === status).map(({ rule }) => rule);

const failures = (results: readonly RuleResult[]): string[] =>
  results.filter(({ status }) => status === 'fail').map(({ rule, detail }) => `${rule}: ${detail}`);

t.test('the simulator keeps every rule, whatever it allocates like', async (t) => {
  for (const url of ['sim:', 'sim:?behaviour=rfc-v2', 'sim:?page=65536&defect=no-zeroing']) {
    const results = await check(openSimulator(url));
    t.strictSame(failures(results), [], url);
    t.strictSame(idsWith('skip', results), [], url);
  }
});

t.test('the C agent keeps every rule', async (t) => {
  const { path } = await buildAgent(join(tmpdir(), 'allocert-test-agents'));
  const adapter: Adapter = {
    url: 'test:agent',
    async open() {
      const child = spawn(path, ['--region', '/dev/zero'], { stdio: ['pipe', 'pipe', 'inherit'] });
      const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
      return connectAgent(stream, {
        describe: (agent) => targetFacts('remote', agent, {}),
        lastWords: async () => ({ message: '', log: [] }),
        onClose: async () => {},
      });
    },
    close: async () => {},
  };
  const results = await check(adapter);
  t.strictSame(failures(results), []);
  t.strictSame(idsWith('skip', results), []);
});

t.test('each broken adapter is caught by the rule that it breaks', async (t) => {
  for (const breakage of BREAKAGES) {
    const failed = idsWith('fail', await check(brokenAdapter(breakage)));
    const missed = breakage.rules.filter((rule) => !failed.includes(rule));
    t.strictSame(missed, [], `${breakage.name}: ${failed.join(', ') || 'not caught'}`);
  }
});

t.test('every rule can fail', async (t) => {
  const broken = new Set(BREAKAGES.flatMap(({ rules }) => rules));
  t.strictSame(
    RULES.map(({ id }) => id).filter((id) => !broken.has(id)),
    [],
  );
});

t.test('an adapter that throws fails rules, and the check goes on', async (t) => {
  const sound = openSimulator('sim:');
  const adapter: Adapter = {
    ...sound,
    async open() {
      const session = await sound.open();
      return {
        facts: session.facts,
        begin: (id) => session.begin(id),
        close: () => session.close(),
        run: async () => {
          throw new TypeError('x is undefined');
        },
      };
    },
  };
  const results = await check(adapter);
  const told = results.find(({ rule }) => rule === 'errno/told');
  t.match(told, { status: 'fail', detail: 'the adapter threw: x is undefined' });
  t.match(results.find(({ rule }) => rule === 'answers/count')?.status, 'skip');
});

t.test('the page lists every rule and nothing else', async (t) => {
  const page = readFileSync(join(packageRoot(), 'docs', 'adapter-check.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]+)` \| (.+) \| (.+) \|$/gm)];
  const written = rows.map(([, id, statement, place]) => ({ id, statement, place }));
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  t.strictSame(
    written,
    RULES.map(({ id, statement, place }) => ({
      id,
      statement: cell(statement),
      place: cell(place),
    })),
  );
});
