/** Words that choose requirements and cases: ids in any case, beginnings, patterns, groups. */
import t from 'tap';
import { CASES } from '../../../suites/cases/all.ts';
import { requirementsNamed } from '../../../suites/run/named.ts';
import { namedBy } from '../../../suites/run/names.ts';
import { casesOfAll, selectCases } from '../../../suites/run/select.ts';

const names = {
  ids: ['ISO-01', 'ISO-02', 'LEN-01', 'ISO-01/many', 'ISO-01/many-threads', 'LEN-01/odd'],
  groups: ['isolation', 'length'],
};

t.test('a word stands for what it fits', async (t) => {
  const table: Readonly<Record<string, readonly string[]>> = {
    'iso-01': ['ISO-01'],
    'Iso-01/Many': ['ISO-01/many'],
    ISOLATION: ['isolation'],
    iso: ['ISO-01', 'ISO-02', 'ISO-01/many', 'ISO-01/many-threads'],
    'iso-01/': ['ISO-01/many', 'ISO-01/many-threads'],
    '*-01': ['ISO-01', 'LEN-01'],
    'iso-0?': ['ISO-01', 'ISO-02'],
    '*/many*': ['ISO-01/many', 'ISO-01/many-threads'],
    isol: [],
    'ISO.01': [],
    'ISO-09': [],
  };
  for (const [word, named] of Object.entries(table))
    t.strictSame(namedBy(word, names), named, word);
});

t.test('a pattern of many stars is no burden', async (t) => {
  const ids = [`ISO-01/${'a'.repeat(200)}`];
  t.strictSame(namedBy(`${'*a'.repeat(8)}*b`, { ids, groups: [] }), []);
});

t.test('cases and requirements are chosen by the same words', async (t) => {
  const ids = (words: readonly string[]) => casesOfAll(words).map(({ id }) => id);
  t.strictSame(ids(['ISO-01']), ids(['iso-01']));
  t.ok(ids(['isolation']).length > ids(['iso-01']).length);
  t.strictSame(ids(['isolation']), ids(['ISO']), 'the prefix of a group');
  t.strictSame(ids(['iso-01/*']).toSorted(), ids(['ISO-01']).toSorted());
  const rules = (words: readonly string[]) => requirementsNamed(words, CASES).map(({ id }) => id);
  t.strictSame(rules(['iso-01', 'LEN-0?']).slice(0, 1), ['ISO-01']);
  t.strictSame(rules(['ISO-01/reuse']), ['ISO-01'], 'the rules of a case');
  const heap = selectCases('dma-heap', ['VER*', 'iso-01']).map(({ id }) => id);
  t.ok(heap.includes('ISO-01/reuse'));
  t.throws(() => casesOfAll(['ISO-0l']), {
    message: /no requirement .*"ISO-0l"; did you mean ISO-0/,
  });
  t.throws(() => selectCases('dma-heap', ['lenght']), { message: /did you mean length\?/ });
});
