/** Packed judges are silent on a round that is right, and speak when one event of it is wrong. */
import t from 'tap';
import { ERRNO } from '../../../../adapters/contract/errno.ts';
import { NOT_RUN } from '../../../../adapters/contract/packed.ts';
import {
  allocation,
  check,
  close,
  duplicate,
  judged,
  PAGES,
  type Row,
  refusal,
  stamp,
} from './sample.ts';

const OVERLAP = ['CMA-03 two live buffers share a page'];
const NUMBERS = ['FD-01 descriptors are not the lowest free ones'];
const ROOM = ['LEN-07 ENOMEM though there was room'];

t.test('exclusion: buffers of two parts that surely live at once share no page', async (t) => {
  const first = [allocation(0, [0, 1], { page: 3, pages: 2 }), close(0, [20, 21])];
  const second = (page: number, back: number): Row[] => [
    allocation(0, [2, back], { page, pages: 2 }),
    close(0, [40, 41]),
  ];
  t.strictSame(judged([first, second(5, 3)]), []);
  t.strictSame(judged([first, second(4, 3)]), OVERLAP);
  t.strictSame(judged([first, second(2, 3)]), OVERLAP);
  t.strictSame(judged([first, second(4, 22)]), [], 'given back before, for all that is known');
  const held = [...first.toSpliced(1, 0, duplicate(0, 1, [4, 5], 5)), close(1, [50, 51])];
  t.strictSame(judged([held, second(4, 22)]), OVERLAP, 'a duplicate still holds it');
  t.strictSame(judged([first.slice(0, 1), second(4, 22)]), OVERLAP, 'never closed');
});

t.test('exclusion: nor do two buffers of one part', async (t) => {
  const rows = (page: number): Row[] => [
    allocation(0, [0, 1], { page: 0, pages: 4 }),
    allocation(1, [2, 3], { page, descriptor: 5 }),
  ];
  t.strictSame(judged([rows(4)]), []);
  t.strictSame(judged([rows(3)]), OVERLAP);
});

t.test('numbers: the lowest that is free, and what is open can be closed', async (t) => {
  const rows = (second: number, third: number, errno = 0): Row[] => [
    allocation(0, [0, 1]),
    duplicate(0, 1, [2, 3], second),
    close(0, [4, 5], errno),
    allocation(2, [6, 7], { page: 8, descriptor: third }),
  ];
  t.strictSame(judged([rows(5, 4)]), []);
  t.strictSame(judged([rows(6, 4)]), NUMBERS);
  t.strictSame(judged([rows(5, 6)]), NUMBERS);
  t.strictSame(judged([rows(5, 6, ERRNO.EBADF)]), NUMBERS);
});

t.test('content: zero at birth, and then what was written', async (t) => {
  const rows = (before: number, after: number): Row[] => [
    allocation(0, [0, 1]),
    check(0, [2, 3], before),
    stamp(0, [4, 5]),
    check(0, [6, 7], after),
    close(0, [8, 9]),
  ];
  t.strictSame(judged([rows(-1, -1)]), []);
  t.strictSame(judged([rows(0, -1)]), ['ISO-01 a new buffer is not zero']);
  t.strictSame(judged([rows(-1, 0)]), ['FD-11 a buffer lost what was written']);
});

t.test('errors: a good request is granted, or there is no room', async (t) => {
  t.strictSame(judged([[refusal([0, 1], ERRNO.EINVAL)]]), ['IOC-01 ioctl failed with EINVAL']);
  t.strictSame(judged([[refusal([0, 1], ERRNO.ENOMEM, PAGES + 1)]]), []);
  t.strictSame(judged([[{ ...refusal([0, 1], NOT_RUN), time: [0, 0] }]]), []);
});

t.test('justified failure: what may have lived counts, and nothing else', async (t) => {
  const holder = (call: number, back: number): Row[] => [
    allocation(0, [0, 1], { pages: PAGES }),
    close(0, [call, back]),
  ];
  const asking = [refusal([10, 20], ERRNO.ENOMEM, 4)];
  t.strictSame(judged([holder(30, 31), asking]), []);
  t.strictSame(judged([holder(8, 11), asking]), [], 'perhaps not given back yet');
  t.strictSame(judged([holder(8, 9), asking]), ROOM);
  const late = [allocation(0, [19, 25], { pages: PAGES })];
  t.strictSame(judged([late, asking]), [], 'perhaps taken first');
  t.strictSame(judged([[allocation(0, [21, 25], { pages: PAGES })], asking]), ROOM);
  const small = [allocation(0, [0, 1], { page: 30, pages: 2 })];
  t.strictSame(judged([small, [refusal([10, 20], ERRNO.ENOMEM, 16)]]), ROOM, '31 are in a row');
  t.strictSame(judged([small, [refusal([10, 20], ERRNO.ENOMEM, 17)]]), [], 'not aligned ones');
  t.strictSame(judged([[refusal([10, 20], ERRNO.ENOMEM, PAGES)]]), ROOM, 'it was empty');
});

t.test('accounting: every page is free at rest', async (t) => {
  const rows = [allocation(0, [0, 1]), close(0, [2, 3])];
  t.strictSame(judged([rows]), []);
  t.strictSame(judged([rows], { freePages: PAGES - 1 }), ['LIF-09 memory is lost']);
  const more = ['LIF-09 more memory is free than was there'];
  t.strictSame(judged([rows], { freePages: PAGES + 1 }), more);
});
