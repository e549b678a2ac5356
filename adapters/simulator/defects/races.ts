import { type Defect, row } from './defect.ts';

/** Bugs that show only when several things happen at once. */
export const RACE_DEFECTS: readonly Defect[] = [
  row('double-fetch', 'CON-04', 'The length that is reported was read again after the allocation.'),
  row('static-zeroing-range', 'ISO-04', 'One variable for all says which pages are to be zeroed.'),
  row('region-search-unlocked', 'CON-01', 'Two that look for room at once find the same pages.'),
  row('number-chosen-early', 'CON-01', 'Two allocations at once choose the same number.'),
  row('static-answer', 'CON-01', 'The answer is kept in one variable for all until it is copied.'),
];
