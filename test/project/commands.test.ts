/** Commands and options that pages name exist: they are parsed by the command line itself. */
import t from 'tap';
import { blocksOf, commandLinesIn, mistakeIn, typedIn, USER_PAGES } from './pages.ts';
import { textOf } from './sources.ts';

/** Code in a line of text, which may break there; `\|` is a bar in a table. */
const INLINE = /(?<!`)`(allocert [^`]+)`/g;

t.test('blocks of pages hold commands that exist', async (t) => {
  let seen = 0;
  for (const block of USER_PAGES.flatMap(blocksOf)) {
    for (const words of typedIn(block).flatMap(commandLinesIn)) {
      seen += 1;
      t.equal(await mistakeIn(words), undefined, `${block.page}:${block.line} ${words.join(' ')}`);
    }
  }
  t.ok(seen > 50, `${seen} command lines`);
});

t.test('sentences and tables name commands that exist', async (t) => {
  for (const page of USER_PAGES) {
    for (const [, code = ''] of textOf(page).matchAll(INLINE)) {
      const [words] = commandLinesIn(code.replaceAll('\\|', '|').replace(/\s+/g, ' '));
      if (words === undefined) continue;
      t.equal(await mistakeIn(words, true), undefined, `${page}: ${code}`);
    }
  }
});

t.test('a command that does not exist is found', async (t) => {
  t.match(await mistakeIn(['run', 'sim:', '--onyl', 'LIF-01']), /onyl/);
  t.match(await mistakeIn(['rum', 'sim:']), /rum/);
  t.match(await mistakeIn(['run', '[TARGET]', '[--onyl', 'ID…]']), /onyl/);
  t.match(await mistakeIn(['corpus', 'list|shwo', 'DIR']), /shwo/);
  t.match(await mistakeIn(['vm', 'build', 'cmb']), /cmb/);
  t.equal(await mistakeIn(['fuzz', 'sim:', '--modes', 'all']), undefined);
  t.equal(await mistakeIn(['vm', 'build', 'cma', '--version', '7.3']), undefined);
  t.strictSame(commandLinesIn(`A=1 npx allocert run 'sim:?a=b c' # now`), [['run', 'sim:?a=b c']]);
  t.strictSame(typedIn({ text: '$ npx allocert list \\\n    --json\nABI-01 …\n$ echo $?' }), [
    'npx allocert list  --json',
    'echo $?',
  ]);
});
