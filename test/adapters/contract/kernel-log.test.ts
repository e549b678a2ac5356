/** What is made of a kernel's log: which lines are complaints, and what belongs to each of them. */
import t from 'tap';
import {
  isKernelAlarm,
  kernelReports,
  reportInWords,
} from '../../../adapters/contract/kernel-log.ts';

const RULE = '='.repeat(66);
const KASAN = [
  RULE,
  'BUG: KASAN: slab-use-after-free in sa_ioctl+0x1f2/0x3a0 [simple_allocator]',
  'Write of size 8 at addr ffff888006e5c008 by task allocert/93',
  'CPU: 1 UID: 0 PID: 93 Comm: allocert Tainted: G           O       6.12.117 #1',
  'Call Trace:',
  ' <TASK>',
  ' dump_stack_lvl+0x55/0x70',
  ' kasan_report+0xb0/0xe0',
  ' sa_ioctl+0x1f2/0x3a0 [simple_allocator]',
  ' </TASK>',
  'Allocated by task 93:',
  ' kasan_save_stack+0x24/0x50',
  ' kasan_save_track+0x14/0x30',
  ' __kasan_kmalloc+0x7f/0x90',
  ' sa_buffer_new+0x44/0x120 [simple_allocator]',
  ' sa_ioctl+0x91/0x3a0 [simple_allocator]',
  'Freed by task 94:',
  ' kasan_save_stack+0x24/0x50',
  ' kasan_save_free_info+0x3b/0x60',
  ' __kasan_slab_free+0x38/0x50',
  ' kfree+0xd7/0x240',
  ' sa_release+0x3c/0x60 [simple_allocator]',
  ' dma_buf_release+0x5b/0x90',
  'Memory state around the buggy address:',
  RULE,
];

t.test('a report of KASAN is one piece, and says who allocated and who freed', async (t) => {
  const log = ['Modules linked in: x', ...KASAN, 'audit: all is well'];
  const reports = kernelReports(log);
  t.strictSame(
    reports.map(({ lines }) => lines),
    [KASAN],
    'from rule to rule',
  );
  t.equal(
    reports.map(reportInWords).join(),
    'BUG: KASAN: slab-use-after-free in sa_ioctl+0x1f2/0x3a0 [simple_allocator] ' +
      '(write of size 8; allocated by sa_buffer_new [simple_allocator]; ' +
      'freed by sa_release [simple_allocator])',
  );
});

t.test('two reports in a row are two, each with its own stacks', async (t) => {
  const second = KASAN.map((line) => line.replace('sa_release', 'sa_close'));
  const words = kernelReports([...KASAN, ...second]).map(reportInWords);
  t.match(words, [/freed by sa_release \[simple_allocator\]\)$/, /freed by sa_close \[\w+\]\)$/]);
  t.equal(words.length, 2);
});

t.test(
  'who left it to others to free is named, and without a module who called first',
  async (t) => {
    const report = [
      'BUG: KASAN: slab-use-after-free in filp_flush+0x32/0x106',
      'Read of size 8 at addr ff11000005cb7600 by task init/51',
      'Allocated by task 51:',
      ' kasan_save_stack+0x32/0x4d',
      ' alloc_empty_file+0x8d/0x144',
      ' alloc_file_pseudo+0xb3/0x103',
      ' dma_buf_export+0x3de/0x922',
      'Freed by task 51:',
      ' __kasan_slab_free+0x36/0x43',
      ' rcu_core+0x814/0xd15',
      ' handle_softirqs+0x232/0x4d1',
      'Last potentially related work creation:',
      ' task_work_run+0x150/0x194',
      'Second to last potentially related work creation:',
      ' fput+0x10a/0x160',
      ' rfc_ioctl+0x18c/0x1c3 [simple_allocator]',
      'The buggy address belongs to the object at ff11\\x0a which belongs to the cache filp',
    ];
    const [found] = kernelReports(report);
    if (found === undefined) throw new Error('no report');
    t.match(
      reportInWords(found),
      '(read of size 8; allocated by dma_buf_export; freed by rfc_ioctl [simple_allocator])',
    );
    t.equal(found.lines.at(-1), ' which belongs to the cache filp', 'as it was printed');
  },
);

t.test('a console puts times before the lines, and maybe the task', async (t) => {
  const timed = KASAN.map((line, index) => `[   12.${index}00000][   T93] ${line}`);
  t.strictSame(kernelReports(timed), kernelReports(KASAN));
});

t.test('what the processor made of a defect goes on with its report', async (t) => {
  const oops = [
    'BUG: kernel NULL pointer dereference, address: 0000000000000008',
    '#PF: supervisor read access in kernel mode',
    'Oops: Oops: 0000 [#1] PREEMPT SMP KASAN NOPTI',
    'RIP: 0010:sa_open+0x11/0x30 [simple_allocator]',
    '---[ end trace 0000000000000000 ]---',
    'a later line',
  ];
  const reports = kernelReports(oops);
  t.strictSame(
    reports.map(({ lines }) => lines),
    [oops.slice(0, -1)],
  );
  const warning = ['------------[ cut here ]------------', 'WARNING: CPU: 0 PID: 1 at mm/cma.c:9'];
  t.strictSame(
    kernelReports([...oops, ...warning]).map(({ alarm }) => alarm),
    [oops[0], warning[1]],
  );
});

t.test('a report that does not end is bounded', async (t) => {
  const endless = ['BUG: soft lockup - CPU#0 stuck for 26s!', ...Array(5000).fill(' f+0x1/0x2')];
  t.equal(kernelReports(endless)[0]?.lines.length, 150);
});

t.test('every kind of complaint is one, and what only sounds like one is not', async (t) => {
  const complaints = [
    'WARNING: CPU: 0 PID: 71 at lib/refcount.c:28 refcount_warn_saturate+0x9b/0xe0',
    'refcount_t: underflow; use-after-free.',
    'UBSAN: array-index-out-of-bounds in drivers/x.c:12:3',
    'BUG: KCSAN: data-race in a / b',
    'BUG: KFENCE: use-after-free read in f+0x1/0x2',
    'list_del corruption. prev->next should be ffff, but was 0',
    'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:',
    'rcu: INFO: rcu_preempt self-detected stall on CPU',
    'INFO: task allocert:93 blocked for more than 120 seconds.',
    'watchdog: BUG: soft lockup - CPU#1 stuck for 48s! [allocert:93]',
    'watchdog: CPU0: Watchdog detected hard LOCKUP on cpu 0',
    'WARNING: possible circular locking dependency detected',
    'INFO: trying to register non-static key.',
    'BUG: sleeping function called from invalid context at mm/slab.h:9',
    'BUG kmalloc-64 (Tainted: G    B): Object already free',
    'usercopy: Kernel memory exposure attempt detected from SLUB object',
    'kernel BUG at mm/slub.c:553!',
    'Kernel panic - not syncing: Fatal exception',
  ];
  t.strictSame(
    complaints.filter((line) => !isKernelAlarm(line)),
    [],
  );
  const others = [
    'FAULT_INJECTION: forcing a failure.',
    'Out of memory: Killed process 93 (allocert)',
    'allocert: page allocation failure: order:4, mode:0xcc0',
    'debug: unmapping init memory',
    'simple_allocator: loading out-of-tree module taints kernel.',
    'cma: cma_alloc: alloc failed, req-size: 4096 pages, ret: -12',
  ];
  t.strictSame(others.filter(isKernelAlarm), []);
});
