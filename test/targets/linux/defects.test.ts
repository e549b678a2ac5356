/**
 * The defects of the kernel modules: three lists that must say the same, and none of it in a build
 * that is not for tests.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DEFECTS } from '../../../adapters/simulator/defects/all.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { catalogue } from '../../../catalogue/catalogue.ts';

interface ModuleDefect {
  readonly name: string;
  readonly summary: string;
  readonly breaks: readonly string[];
  /** The oracle of the fuzzer that sees it, where no requirement does. */
  readonly oracle?: string;
}

const folder = join(packageRoot(), 'targets', 'linux');
const textOf = (file: string): string => readFileSync(join(folder, file), 'utf8');
const listed = JSON.parse(textOf('defects.json')) as readonly ModuleDefect[];
/** Members and names of the table in C, in its order, without the one that stands for none. */
const table = [...textOf('defects.h').matchAll(/X\((\w+), "([^"]+)"\)/g)]
  .map(([, member = '', name = '']) => ({ member, name }))
  .filter(({ name }) => name !== 'none');

t.test('the list and the table in C name the same defects', async (t) => {
  t.strictSame(
    listed.map(({ name }) => name),
    table.map(({ name }) => name),
  );
  t.ok(listed.length >= 24, 'at least 24 of them');
  t.equal(new Set(listed.map(({ name }) => name)).size, listed.length, 'each once');
  for (const { member, name } of table) {
    t.equal(member, name.toUpperCase().replaceAll('-', '_'), `${name} is ${member} in C`);
  }
});

t.test('a defect that the simulator has, too, is in the same words', async (t) => {
  const simulated = new Map<string, ModuleDefect>(DEFECTS.map((defect) => [defect.name, defect]));
  const shared = listed.filter(({ name }) => simulated.has(name));
  t.ok(shared.length >= 24);
  for (const { name, summary, breaks } of shared) {
    const same = simulated.get(name);
    t.strictSame({ summary, breaks }, { summary: same?.summary, breaks: same?.breaks }, name);
  }
});

t.test('each defect breaks a rule of the catalogue, or is an oracle’s', async (t) => {
  const ids = new Set(catalogue().requirements.map(({ id }) => id));
  for (const { name, breaks, oracle } of listed) {
    t.ok(breaks.length > 0 || oracle !== undefined, name);
    t.strictSame(
      breaks.filter((id) => !ids.has(id)),
      [],
      `${name} names rules that there are`,
    );
  }
});

t.test('each defect stands in for some step, and only where hooks are', async (t) => {
  const hooks = `${textOf('hooks-request.c')}${textOf('hooks-buffer.c')}`;
  const idle = table.filter(({ member }) => !new RegExp(`\\bSA_${member}\\b`).test(hooks));
  t.strictSame(idle, [], 'a name that nothing asks for');
  for (const file of ['framework', 'node', 'request', 'allocate', 'buffer', 'region', 'pool']) {
    t.notMatch(textOf(`${file}.c`), /sa_defect|defects\.h/, `${file}.c knows of no defect`);
  }
});
