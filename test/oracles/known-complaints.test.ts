/** Complaints with which kernels accuse themselves; all others stay complaints. */
import t from 'tap';
import { type KernelReport, kernelReports } from '../../adapters/contract/kernel-log.ts';
import { knownComplaint } from '../../oracles/known-complaints.ts';

/** The log of Linux 6.12 when the fourth allocation of an mmap failed, shortened. */
const LOG = [
  '------------[ cut here ]------------',
  'WARNING: CPU: 1 PID: 50 at arch/x86/mm/pat/memtype.c:983 untrack_pfn+0x113/0x201',
  'Modules linked in: sa_cma(O) simple_allocator(O)',
  'RIP: 0010:untrack_pfn+0x113/0x201',
  'Call Trace:',
  ' <TASK>',
  ' ? __warn+0xc2/0x154',
  ' unmap_single_vma+0x6e/0xc4',
  ' zap_page_range_single+0x154/0x1f6',
  ' remap_pfn_range_notrack+0x61d/0x63d',
  ' remap_pfn_range+0x4a/0x8f',
  ' map_for_program+0xd7/0x120 [sa_cma]',
  ' </TASK>',
  '---[ end trace 0000000000000000 ]---',
];

const reportOf = (lines: readonly string[]): KernelReport => {
  const [report] = kernelReports(lines);
  if (report === undefined) throw new Error('no complaint');
  return report;
};
/** Whether a complaint is known, the log changed by a replacement. */
const isKnown = (release: string | undefined, from = '', to = ''): boolean =>
  knownComplaint(reportOf(LOG.map((line) => line.replace(from, to))), release) !== undefined;

t.test('x86 kernels warn of themselves when a mapping of frames finds no memory', async (t) => {
  t.ok(isKnown('6.12.117'));
  t.ok(isKnown('6.1.192-amd64'));
  t.match(knownComplaint(reportOf(LOG), '6.12.117')?.source, /memtype\.c, get_pat_info/);
});

t.test('anything else about it accuses', async (t) => {
  t.notOk(isKnown('7.3.4'), 'a kernel that does it otherwise');
  t.notOk(isKnown('6.16.0'));
  t.notOk(isKnown('unknown'), 'a kernel of no version');
  t.notOk(isKnown(undefined));
  t.notOk(isKnown('6.12.117', 'WARNING', 'BUG'), 'another kind of complaint');
  t.notOk(isKnown('6.12.117', 'memtype.c', 'set_memory.c'), 'another place');
  t.notOk(isKnown('6.12.117', 'untrack_pfn+0x113', 'memtype_free+0x1'), 'another function');
  t.notOk(isKnown('6.12.117', 'remap_pfn_range_notrack', 'unmap_vmas'), 'munmap of a driver’s own');
  t.notOk(isKnown('6.12.117', ' unmap_single_vma', ' ? unmap_single_vma'), 'a guess in the stack');
  t.notOk(isKnown('6.12.117', 'Call Trace:', 'Registers:'), 'no stack');
});
