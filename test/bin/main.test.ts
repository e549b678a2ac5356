/** What is answered without the parser is what the parser would answer, and the build keeps up. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { CASES } from '../../suites/cases/all.ts';
import { allocert } from '../e2e/command.ts';

t.test('help is laid out as the parser does it, at any width', async (t) => {
  for (const COLUMNS of ['60', '67', '80']) {
    const env = { COLUMNS };
    // With two words on the line, the parser is asked.
    const whole = await allocert(['--help', '--help'], { env });
    const quick = await allocert(['--help'], { env });
    t.strictSame(quick.stdout.split('\n'), whole.stdout.split('\n'), `${COLUMNS} columns`);
    t.equal(quick.code, 0);
  }
});

t.test('ids alone are listed and refused as they are beside an option', async (t) => {
  const lines = [['list', 'ISO-01,LIF'], ['explain', 'iso-0?'], ['list', 'ISO-99'], ['explain']];
  for (const line of lines) {
    const [quick, whole] = await Promise.all([allocert(line), allocert([...line, '--no-config'])]);
    t.strictSame(quick, whole, line.join(' '));
  }
  const env = { ALLOCERT_LIST_JSON: 'true' };
  t.match((await allocert(['list', 'ISO-01'], { env })).stdout, /^\[/, 'a variable is an option');
});

t.test('the cases that the build lists are those of the suites', async (t) => {
  const { LISTED_CASES } = await import('../../suites/assess/listed-cases.ts');
  const path = LISTED_CASES.pathname.replace('/build/', '/dist/');
  const listed = CASES.map(({ id, title, requirements }) => ({ id, title, requirements }));
  t.strictSame(JSON.parse(readFileSync(path, 'utf8')), listed);
});
