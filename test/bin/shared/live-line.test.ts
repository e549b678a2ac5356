/** How far something is: a line that renews itself on a terminal, plain lines elsewhere. */
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { clearLiveLine, LiveLine } from '../../../bin/shared/live-line.ts';
import { CampaignProgress, figuresLine } from '../../../fuzz/campaign/progress.ts';

/** What a line writes on such an output. */
async function written(terminal: boolean, act: (line: LiveLine) => void): Promise<string> {
  const stream = new PassThrough() as PassThrough & Partial<NodeJS.WriteStream>;
  const out = Object.assign(stream, { isTTY: terminal, columns: 12 });
  const line = new LiveLine(() => 'a long line about it', out as unknown as NodeJS.WriteStream);
  act(line);
  line.stop();
  stream.end();
  return text(stream);
}

t.test('on a terminal the line is cut, cleared and drawn again', async (t) => {
  const { CI, TERM } = process.env;
  delete process.env.CI;
  process.env.TERM = 'xterm';
  t.teardown(() => {
    if (CI !== undefined) process.env.CI = CI;
    if (TERM === undefined) delete process.env.TERM;
    else process.env.TERM = TERM;
  });
  const shown = await written(true, (line) => {
    line.draw();
    t.equal(clearLiveLine(), true, 'whoever prints removes it first');
    t.equal(clearLiveLine(), false);
    line.draw();
    line.draw();
  });
  const clear = '\u001b[1G\u001b[2K';
  t.equal(shown, `a long line${clear}a long line${clear}a long line${clear}`);
  process.env.TERM = 'dumb';
  t.notMatch(await written(true, (line) => line.draw()), '\u001b');
});

t.test('elsewhere every line is whole and stays', async (t) => {
  const shown = await written(false, (line) => {
    line.draw();
    t.equal(clearLiveLine(), false);
    line.draw();
  });
  t.equal(shown, 'a long line about it\n', 'a log does not say the same twice in a row');
});

t.test('the figures count all parts, and the peak is that since they were taken', async (t) => {
  const progress = new CampaignProgress({ rounds: 7, findings: 1 });
  const round = { index: 7, mode: 'hammer', operations: 30, signatures: [] };
  progress.round(round, { peakBytes: 8192n, signatures: 3, entries: 2 });
  progress.round(round, { peakBytes: 4097n, signatures: 4, entries: 3 });
  progress.finding();
  const figures = { ...progress.take(), seconds: 2.9, operationsPerSecond: 20 };
  t.equal(
    figuresLine(figures),
    '2 s: 9 rounds, 20 operations/s, 4 signatures, 3 entries, 8 KiB live, 2 found',
  );
  t.match(figuresLine({ ...figures, rounds: 1, signatures: 1, entries: 1 }), '1 round, ');
  t.match(figuresLine({ ...figures, rounds: 1, signatures: 1, entries: 1 }), '1 entry, ');
  progress.round(round, { peakBytes: 1n, signatures: 4, entries: 3 });
  t.equal(progress.take().peakBytes, 1n, 'the peak of what came since');
  t.equal(progress.take().peakBytes, 0n);
});
