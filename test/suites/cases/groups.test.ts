/** A requirement group, its JSON, its cases and its test carry one name. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { catalogue, requirementOf } from '../../../catalogue/catalogue.ts';
import { CASES } from '../../../suites/cases/all.ts';

const GROUPS = [...new Set(catalogue().requirements.map(({ group }) => group))].toSorted();

/** Names of what lies in a folder of the source tree, without their endings. */
const namesIn = (folder: string, ending: string, but: readonly string[] = []): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(ending) || !file.includes('.'))
    .map((file) => file.replace(ending, ''))
    .filter((name) => !but.includes(name))
    .toSorted();

t.test('there is one of each for every group, and no other', async (t) => {
  t.strictSame(namesIn('catalogue/requirements', '.json'), GROUPS);
  t.strictSame(namesIn('suites/cases', '.ts', ['all']), GROUPS);
  t.strictSame(namesIn('test/suites/cases', '.test.ts', ['groups']), GROUPS);
});

t.test('a file or an index exports the cases under the name of the group', async (t) => {
  for (const group of GROUPS) {
    const file = `suites/cases/${group}.ts`;
    const text = readFileSync(existsSync(file) ? file : `suites/cases/${group}/index.ts`, 'utf8');
    t.ok(text.includes(`export const ${group}Cases: readonly Case[] =`), group);
    t.ok(text.includes(`group \`${group}\``), `${group} says which group it is`);
    const json = readFileSync(`catalogue/requirements/${group}.json`, 'utf8');
    t.equal(JSON.parse(json).group, group);
    const test = readFileSync(`test/suites/cases/${group}.test.ts`, 'utf8');
    t.ok(test.includes(`testGroup('${group}'`), `${group} is tested as a group`);
  }
});

t.test('the cases of a group run together, and are named after its requirements', async (t) => {
  const order = CASES.map(({ id }) => requirementOf(id.split('/')[0] ?? '').group);
  const runs = order.filter((group, at) => group !== order[at - 1]);
  t.strictSame(runs.toSorted(), GROUPS);
  for (const { id, requirements } of CASES) {
    t.ok(requirements.includes(id.split('/')[0] ?? ''), `${id} observes what it is named after`);
  }
});
