/** Goal: no format passes on what a target says in a way that acts on its reader. */
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { formatSummary } from '../../../reports/formats/summary.ts';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import type { RunRecord } from '../../../reports/record/record.ts';
import { REPORTERS } from '../../../reports/reporters.ts';
import { HOSTILE, HOSTILE_STRINGS, harmIn } from '../../hostile/strings.ts';
import { END, journalOf, ranCase, START, verdict } from '../sample.ts';

/** A record with a string in every free text. */
function recordWith(text: string): RunRecord {
  const facts = { ...START.facts, implementation: text, details: { [text]: text } };
  const said = { reason: text, observed: [text], expected: [text] };
  const record = deriveRecord(
    journalOf([
      {
        ...START,
        ...{ target: text, facts, environment: { host: text } },
        cases: START.cases.map((one) => ({ ...one, title: text })),
      },
      ...ranCase('LIF-01/close', [verdict('LIF-01', 'hardened', 'fail', said)]),
      ...ranCase('ERR-01/null', [
        verdict('ERR-01', 'hardened', 'skip', said),
        verdict('ERR-02', 'hardened', 'warn', said),
      ]),
      ...ranCase('ERR-01/kernel', [verdict('ERR-01', 'hardened', 'inconclusive', said)]),
      { type: 'notice', message: text },
      { ...END, complete: false, reason: text },
    ]),
  );
  const cases = record.cases.map((one) => ({ ...one, title: text }));
  return { ...record, target: text, facts, cases };
}

for (const [name, format] of Object.entries(REPORTERS)) {
  t.test(`${name} escapes hostile text`, async (t) => {
    for (const [index, text] of [...HOSTILE_STRINGS, HOSTILE].entries()) {
      const made = format(recordWith(text), []);
      const output = typeof made === 'string' ? made : [...made].join('');
      t.equal(harmIn(output, name === 'github'), '', `string ${index}`);
    }
  });
}

t.test('github begins no command but its own', async (t) => {
  const output = REPORTERS.github?.(recordWith(HOSTILE), []) as string;
  for (const line of output.trimEnd().split('\n')) {
    t.match(line, /^::(?:error|warning|notice) title=[^:,]*::/);
  }
});

t.test('the summary for a terminal escapes hostile text', async (t) => {
  for (const [index, text] of HOSTILE_STRINGS.entries()) {
    const output = formatSummary(recordWith(text), { coloured: false, directory: text });
    t.equal(harmIn(output).replace(/^a command.*/, ''), '', `string ${index}`);
  }
});

t.test('JSON means the same', async (t) => {
  const output = [...(REPORTERS.json?.(recordWith(HOSTILE), []) ?? [])].join('');
  t.equal(JSON.parse(output).facts.implementation, HOSTILE);
});

t.test('KCIDB has no NUL in any text, also not as an escape', async (t) => {
  t.notMatch(REPORTERS.kcidb?.(recordWith(HOSTILE), []), /\\u0000(?<!\\\\u0000)/);
});

t.test('JUnit is well-formed', async (t) => {
  const input = [...(REPORTERS.junit?.(recordWith(HOSTILE), []) ?? [])].join('');
  const python = 'import sys, xml.dom.minidom as m; m.parse(sys.stdin.buffer)';
  t.doesNotThrow(() => execFileSync('python3', ['-c', python], { input, stdio: 'pipe' }));
});
