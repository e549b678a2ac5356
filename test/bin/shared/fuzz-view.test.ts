/** What a campaign shows: a line that renews itself on a terminal, plain lines elsewhere. */
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { FuzzView } from '../../../bin/shared/fuzz-view.ts';
import { CampaignProgress, figuresLine } from '../../../fuzz/campaign/progress.ts';

/** What a view writes on such an output. */
async function written(terminal: boolean, act: (view: FuzzView) => void): Promise<string> {
  const stream = new PassThrough() as PassThrough & Partial<NodeJS.WriteStream>;
  const out = Object.assign(stream, { isTTY: terminal, columns: 12 });
  const view = new FuzzView(() => 'a long line about it', out as unknown as NodeJS.WriteStream);
  act(view);
  view.stop();
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
  const shown = await written(true, (view) => {
    view.draw();
    view.say('FOUND');
    view.draw();
  });
  const clear = '\u001b[1G\u001b[2K';
  t.equal(shown, `${clear}a long line${clear}FOUND\n${clear}a long line${clear}`);
  process.env.TERM = 'dumb';
  t.notMatch(await written(true, (view) => view.draw()), '\u001b');
});

t.test('elsewhere every line is whole and stays', async (t) => {
  const shown = await written(false, (view) => {
    view.draw();
    view.say('FOUND');
  });
  t.equal(shown, 'a long line about it\nFOUND\n');
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
  progress.round(round, { peakBytes: 1n, signatures: 4, entries: 3 });
  t.equal(progress.take().peakBytes, 1n, 'the peak of what came since');
  t.equal(progress.take().peakBytes, 0n);
});
