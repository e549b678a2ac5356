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
  row('warn-on-length', 'ERR-12', 'A length beyond the region triggers a kernel warning.'),
  row('leak-on-close', 'LIF-01', 'The last page of each buffer is never freed.'),
  row('freed-while-mapped', 'LIF-04', 'Closing frees the pages though a mapping lives.'),
  row('leak-after-device-close', 'LIF-02', 'Buffers that outlive the device are never freed.'),
  row('closes-with-device', 'DEV-05', 'Closing the device takes its buffers away.'),
  row('mmap-offset-ignored', 'MAP-08', 'Every mapping starts at the first page.'),
  row('mmap-bound-off-by-one', 'MAP-07', 'A mapping may reach one page past the end.'),
  row('overlapping-buffers', 'CMA-03 FD-11', 'A buffer’s last page may be handed out again.'),
];

/** Names of defects that are switched on; empty for none. */
export type DefectSet = ReadonlySet<string>;
