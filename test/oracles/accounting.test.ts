/** The accounting oracle: free memory fits the buffers that live. */
import t from 'tap';
import { accounting } from '../../oracles/index.ts';
import { allocation, type Step, sample, step } from './sample.ts';

const close = (fd: bigint, from: number, to: number): Step => step({ op: 'close', fd }, [from, to]);

t.test('accounting: at rest as much memory is free as before', async (t) => {
  const reading = (from: number, free: number): Step =>
    step({ op: 'readfile', document: '/proc/meminfo' }, [from, from + 1], {
      out: new TextEncoder().encode(`MemFree: 7 kB\nCmaFree:   ${free} kB\n`),
    });
  const judge = (before: number, after: number): string[] => {
    const { timeline, buffers } = sample([reading(1, before), reading(9, after)]);
    return accounting(timeline, buffers, 'CmaFree').map(({ kind }) => kind);
  };
  t.strictSame(judge(64, 64), []);
  t.strictSame(judge(64, 60), ['memory is lost']);
  t.strictSame(judge(60, 64), ['more memory is free than was there']);
  t.strictSame(accounting(sample([reading(1, 64)]).timeline, [], 'CmaFree'), [], 'one reading');
});

t.test('accounting: in between as much is taken as the buffers have that live', async (t) => {
  const reading = (from: number, free: number): Step =>
    step({ op: 'readfile', document: '/proc/meminfo' }, [from, from + 1], {
      out: new TextEncoder().encode(`CmaFree:   ${free} kB\n`),
    });
  const judge = (free: number, ...threads: readonly (readonly Step[])[]): string[] => {
    const [first = [], ...others] = threads;
    const steps = [reading(1, 64), ...first, reading(20, free), reading(90, 64)];
    const { timeline, buffers } = sample(steps, ...others);
    return accounting(timeline, buffers, 'CmaFree').map(({ requirement }) => requirement);
  };
  const buffer = allocation('a', [5, 6], { number: 4n });
  t.strictSame(judge(60, [buffer]), []);
  t.strictSame(judge(56, [buffer]), ['LEN-09'], 'it costs more than its pages');
  t.strictSame(judge(64, [buffer]), ['LIF-03'], 'it is there, and was freed');
  t.strictSame(judge(64, [buffer, close(4n, 8, 9)]), []);
  t.strictSame(judge(60, [buffer, close(4n, 8, 9)]), ['LIF-01'], 'it is gone, and was not freed');
  t.strictSame(judge(60, [buffer], [close(4n, 18, 30)]), [], 'perhaps it is gone');
  t.strictSame(judge(64, [buffer], [close(4n, 18, 30)]), [], 'perhaps it is not');
  const other = allocation('b', [15, 30], { number: 5n });
  t.strictSame(judge(56, [buffer], [other]), [], 'another request is under way');
});
