import { type Defect, row } from './defect.ts';

/** Bugs that show only when several things happen at once. */
export const RACE_DEFECTS: readonly Defect[] = [
  row('double-fetch', 'CON-04', 'The length that is reported was read again after the allocation.'),
  row('static-zeroing-range', 'ISO-04', 'One variable for all says which pages are to be zeroed.'),
  row('region-search-unlocked', 'CON-01', 'Two that look for room at once find the same pages.'),
  row('number-chosen-early', 'CON-01', 'Two allocations at once choose the same number.'),
  row('static-answer', 'CON-01', 'The answer is kept in one variable for all until it is copied.'),
  row('install-before-answer', 'CON-02', 'The buffer is used after its descriptor is visible.'),
  row('efault-takes-back', 'CON-03', 'A visible descriptor is taken back when the answer faults.'),
  row('close-not-atomic', 'CON-05', 'Two threads can close one descriptor of a buffer.'),
  row('mmap-without-reference', 'CON-05', 'mmap holds no reference to the buffer that it maps.'),
  row('fork-during-call-leaks', 'CON-06', 'Forking while a call is under way leaks references.'),
  row('free-trylock', 'CON-01 CON-09', 'Pages freed while others look for room are lost.'),
];
