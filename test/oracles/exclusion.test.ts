/** The exclusion oracle: two buffers that live at once share no page frame. */
import t from 'tap';
import { exclusion } from '../../oracles/index.ts';
import { allocation, mapping, PAGE, type Step, sample, step } from './sample.ts';

const close = (fd: bigint, from: number, to: number): Step => step({ op: 'close', fd }, [from, to]);
const frames = (address: bigint, from: number, frame: bigint): Step =>
  step({ op: 'frames', address, length: PAGE }, [from, from + 1], {
    value: 1n,
    out: new Uint8Array(BigUint64Array.of(frame).buffer),
  });

t.test('exclusion: two buffers that live at once have no frame in common', async (t) => {
  const first = [
    allocation('a', [1, 2], { number: 4n }),
    mapping('x', [3, 4], { fd: 4n, address: 0x1000n }),
    frames(0x1000n, 5, 100n),
  ];
  const second = (frame: bigint): Step[] => [
    allocation('b', [11, 12], { number: 5n }),
    mapping('y', [13, 14], { fd: 5n, address: 0x2000n }),
    frames(0x2000n, 15, frame),
  ];
  const unmap = step({ op: 'munmap', address: 0x1000n, length: PAGE }, [7, 8]);
  const judge = (...threads: readonly (readonly Step[])[]): string[] => {
    const { timeline, buffers } = sample(...threads);
    return exclusion(timeline, buffers).map(({ kind }) => kind);
  };
  t.strictSame(judge(first, second(101n)), []);
  t.strictSame(judge(first, second(100n)), ['two live buffers share a page']);
  t.strictSame(judge([...first, unmap, close(4n, 9, 10)], second(100n)), [], 'given back before');
  t.strictSame(judge([...first, unmap, close(4n, 9, 30)], second(100n)), [], 'perhaps given back');
});
