import { type Defect, row } from './defect.ts';

/** Bugs that show only when several things happen at once. */
export const RACE_DEFECTS: readonly Defect[] = [
  row('double-fetch', 'CON-04', 'The length that is reported was read again after the allocation.'),
  row('static-zeroing-range', 'ISO-04', 'One variable for all says which pages are to be zeroed.'),
];
