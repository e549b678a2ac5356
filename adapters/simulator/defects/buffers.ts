import { type Defect, row } from './defect.ts';

/** Bugs of buffers: their descriptors, life, mappings, contents and place in the region. */
export const BUFFER_DEFECTS: readonly Defect[] = [
  row('descriptor-not-lowest', 'FD-01', 'Descriptors are given from 64 on.'),
  row('sync-unknown', 'FD-02', 'DMA_BUF_IOCTL_SYNC is not known.'),
  row('mapping-copied', 'FD-03', 'Each mapping shows pages of its own.'),
  row('seeks-anywhere', 'FD-08', 'Every lseek succeeds.'),
  row('leak-on-close', 'LIF-01', 'The last page of each buffer is never freed.'),
  row('freed-while-mapped', 'LIF-04', 'Closing frees the pages though a mapping lives.'),
  row('leak-after-device-close', 'LIF-02', 'Buffers that outlive the device are never freed.'),
  row('freed-on-first-close', 'LIF-03', 'Closing one of two descriptors frees the pages.'),
  row('leak-one-in-64', 'LIF-01', 'Each 64th buffer loses its last page.'),
  row('leak-at-munmap', 'LIF-04', 'A buffer whose last reference is a mapping is never freed.'),
  row('leak-when-killed', 'LIF-06', 'Descriptors of a killed process are not closed.'),
  row('mmap-offset-ignored', 'MAP-08', 'Every mapping starts at the first page.'),
  row('mmap-bound-off-by-one', 'MAP-07', 'A mapping may reach one page past the end.'),
  row('last-page-unmappable', 'MAP-01', 'A mapping must not hold the last page of several.'),
  row('no-zeroing', 'ISO-01 LEN-10', 'Buffers show what their pages held before.'),
  row(
    'tail-not-zeroed',
    'ISO-01 LEN-10',
    'Only the bytes asked for are zeroed, not the last page.',
  ),
  row('first-page-zeroed', 'ISO-01', 'Only the first page of a buffer is zeroed.'),
  row('odd-pages-not-zeroed', 'ISO-01', 'Only every other page is zeroed.'),
  row('half-page-zeroed', 'ISO-01', 'Only the first half of each page is zeroed.'),
  row('overlapping-buffers', 'CMA-03 FD-11', 'A buffer’s last page may be handed out again.'),
  row('allocates-from-other-region', 'CMA-02', 'A device allocates from another device’s region.'),
  row('region-exhaustion-spreads', 'CMA-08', 'When a region is full, no other gives anything.'),
];
