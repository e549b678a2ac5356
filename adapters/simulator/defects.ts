/** A bug to switch on in the simulated allocator, so that suites and fuzzer can be tested. */
export interface Defect {
  readonly name: string;
  /** What the allocator does wrong, in one sentence. */
  readonly summary: string;
  /** Requirements of the catalogue that it should break. */
  readonly breaks: readonly string[];
}

const row = (name: string, breaks: string, summary: string): Defect => ({
  name,
  summary,
  breaks: breaks.split(' '),
});

/** Every known defect. Most were real ones, of this RFC or of the allocators that came after it. */
export const DEFECTS: readonly Defect[] = [
  row('no-zeroing', 'ISO-01 LEN-10', 'Buffers show what their pages held before.'),
  row(
    'tail-not-zeroed',
    'ISO-01 LEN-10',
    'Only the bytes asked for are zeroed, not the last page.',
  ),
  row('first-page-zeroed', 'ISO-01', 'Only the first page of a buffer is zeroed.'),
  row('version-unchecked', 'VER-02', 'Any version is accepted.'),
  row('version-truncated-32', 'VER-02', 'Only the low 32 bits of the version are compared.'),
  row('reserved-unchecked', 'RES-01 RES-02', 'Reserved fields are accepted with any value.'),
  row('flags-unchecked', 'FLG-04 FLG-05', 'Unknown flags are accepted and ignored.'),
  row('cloexec-ignored', 'FLG-02', 'O_CLOEXEC has no effect.'),
  row('access-mode-dropped', 'FLG-03 MAP-03', 'Every buffer is readable and writable.'),
  row('unknown-ioctl-einval', 'IOC-02', 'Unknown commands come to EINVAL.'),
  row('unknown-ioctl-enodev', 'IOC-02', 'Unknown commands come to ENODEV.'),
  row('ioctl-type-unchecked', 'IOC-03 IOC-04 IOC-05', 'Only the number of a command is looked at.'),
  row('length-unrounded', 'LEN-03', 'The length is not rounded up to whole pages.'),
  row('length-not-written', 'LEN-03', 'The length of the buffer is not written back.'),
  row('length-truncated-32', 'LEN-05', 'Only the low 32 bits of the length count.'),
  row('zero-length-accepted', 'LEN-01', 'A request for nothing gets a page.'),
  row('double-fetch', 'CON-04', 'The length that is reported was read again after the allocation.'),
  row('exhaustion-einval', 'ERR-07 LEN-06', 'An exhausted region comes to EINVAL.'),
  row('fd-leak-on-efault', 'ERR-04', 'After EFAULT the new descriptor stays open.'),
  row('put-after-install', 'ERR-04 ERR-05', 'After EFAULT the descriptor refers to a freed file.'),
  row('leak-on-emfile', 'ERR-09', 'A full descriptor table costs the buffer’s pages.'),
  row('warn-on-length', 'ERR-12 LEN-05', 'A length beyond the region triggers a kernel warning.'),
  row('leak-on-close', 'LIF-01', 'The last page of each buffer is never freed.'),
  row('freed-while-mapped', 'LIF-04', 'Closing frees the pages though a mapping lives.'),
  row('leak-after-device-close', 'LIF-02', 'Buffers that outlive the device are never freed.'),
  row('closes-with-device', 'DEV-05', 'Closing the device takes its buffers away.'),
  row('mmap-offset-ignored', 'MAP-08', 'Every mapping starts at the first page.'),
  row('mmap-bound-off-by-one', 'MAP-07', 'A mapping may reach one page past the end.'),
  row('overlapping-buffers', 'CMA-03 FD-11', 'A buffer’s last page may be handed out again.'),
  row('argument-over-read', 'ABI-01', 'Eight bytes too many are read.'),
  row(
    'argument-under-read',
    'ABI-01 RES-02',
    'The second reserved field is neither read nor written.',
  ),
  row('argument-over-written', 'ABI-03', 'Four bytes too many are written.'),
  row(
    'reserved-garbage',
    'ABI-05',
    'The first reserved field comes back with what the stack held.',
  ),
  row('command-iow', 'IOC-01', 'The command is known as one that only reads its argument.'),
  row('positive-result', 'IOC-06', 'Success comes to the new descriptor instead of 0.'),
  row('version-1-wanted', 'VER-01', 'Version 1 is accepted and 0 is not.'),
  row('reserved1-unchecked', 'RES-01', 'Only the second reserved field is looked at.'),
  row('reserved2-unchecked', 'RES-02', 'Only the first reserved field is looked at.'),
  row('cloexec-refused', 'FLG-01', 'O_CLOEXEC counts as an unknown flag.'),
  row('tail-byte-not-zeroed', 'LEN-10', 'The last byte of the last page is not zeroed.'),
  row('length-rounded-down', 'LEN-02 LEN-03', 'The length is rounded down to whole pages.'),
  row('efault-einval', 'ERR-01', 'A pointer to no memory comes to EINVAL.'),
  row(
    'copy-out-ignored',
    'ERR-03 ERR-04',
    'Success is reported though the answer was not written.',
  ),
  row('emfile-enomem', 'ERR-08', 'A full descriptor table comes to ENOMEM.'),
  row('descriptor-not-lowest', 'FD-01', 'Descriptors are given from 64 on.'),
  row('sync-unknown', 'FD-02', 'DMA_BUF_IOCTL_SYNC is not known.'),
  row('mapping-copied', 'FD-03', 'Each mapping shows pages of its own.'),
  row('seeks-anywhere', 'FD-08', 'Every lseek succeeds.'),
  row('freed-on-first-close', 'LIF-03', 'Closing one of two descriptors frees the pages.'),
  row('leak-one-in-64', 'LIF-01', 'Each 64th buffer loses its last page.'),
  row('last-page-unmappable', 'MAP-01', 'A mapping must not hold the last page of several.'),
  row('version-top-bit-ignored', 'VER-02', 'The highest bit of the version is not looked at.'),
  row('reserved-low-half', 'RES-01 RES-02', 'Only 16 bits of the reserved fields are looked at.'),
  row('flags-high-unchecked', 'FLG-04', 'Flags above O_CLOEXEC are not looked at.'),
  row('cloexec-always', 'FLG-02', 'Every new descriptor is closed by exec.'),
  row('write-only-readable', 'FLG-03', 'O_WRONLY comes to O_RDWR.'),
  row('nr-top-bit-ignored', 'IOC-02', 'The highest bit of the command’s number is not looked at.'),
  row('length-page-more', 'LEN-03', 'Whole pages get one more.'),
  row('exhaustion-enospc', 'ERR-07 LEN-06', 'An exhausted region comes to ENOSPC.'),
  row('leak-on-efault', 'ERR-05', 'An answer that cannot be written costs the buffer’s pages.'),
  row('odd-pages-not-zeroed', 'ISO-01', 'Only every other page is zeroed.'),
  row('half-page-zeroed', 'ISO-01', 'Only the first half of each page is zeroed.'),
  row('leak-at-munmap', 'LIF-04', 'A buffer whose last reference is a mapping is never freed.'),
  row('leak-when-killed', 'LIF-06', 'Descriptors of a killed process are not closed.'),
  row('allocates-from-other-region', 'CMA-02', 'A device allocates from another device’s region.'),
  row('region-exhaustion-spreads', 'CMA-08', 'When a region is full, no other gives anything.'),
];

/** Names of defects that are switched on; empty for none. */
export type DefectSet = ReadonlySet<string>;
