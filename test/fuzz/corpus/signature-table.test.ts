/** Numbers for coverage signatures: one for each text, and the text again. */
import t from 'tap';
import { HELD, LIVE_FROM, MET_MAX, SignatureTable } from '../../../fuzz/corpus/signature-table.ts';

t.test('a number stands for one text, whatever its words are', async (t) => {
  const table = new SignatureTable();
  const texts = new Map<number, string>();
  for (const [name, word] of [
    ['close', 'ok'],
    ['close', 'EBADF'],
    ['ioctl:flipped!12', 'errno 5'],
  ] as const) {
    for (let fullness = 0; fullness <= 6; fullness += 1) {
      for (const fragments of [0, 4, LIVE_FROM, LIVE_FROM + 4]) {
        for (let met = 0; met <= MET_MAX; met += 1) {
          for (const [held, how] of HELD.entries()) {
            const number = table.numberOf(name, word, { fullness, fragments }, met, held);
            const pieces =
              fragments < LIVE_FROM ? `gap${fragments}` : `live${fragments - LIVE_FROM}`;
            const text = `${name} ${word} full${fullness} ${pieces} met${met} ${how}`;
            if (texts.has(number) || table.textOf(number) !== text) t.fail(text);
            texts.set(number, text);
          }
        }
      }
    }
  }
  for (const [number, text] of texts) if (table.textOf(number) !== text) t.fail(text);
  t.equal(texts.size, 3 * 7 * 4 * 3 * HELD.length);
});

t.test('a table that has grown is emptied, and gives right texts again', async (t) => {
  const table = new SignatureTable();
  const standing = { fullness: 1, fragments: LIVE_FROM };
  for (let arm = 0; arm < 1 << 17; arm += 1) table.numberOf(`close!${arm}`, 'ok', standing, 0, 0);
  const before = table.numberOf('dup', 'ok', standing, 0, 0);
  table.trim();
  const after = table.numberOf('dup', 'ok', standing, 0, 0);
  t.ok(after < before, 'what it knew is forgotten');
  t.equal(table.textOf(after), 'dup ok full1 live0 met0 none');
});
