/** Leaks of a region without bounds: a gauge tells them from what a kernel merely keeps. */
import t from 'tap';
import { verdictsOn } from './suite-statuses.ts';

const UNBOUNDED = 'sim:?bounded=no&region=1GiB';
/** Rules that read a gauge, each with a leak that is rare. */
const LEAKS: readonly (readonly [requirement: string, defect: string])[] = [
  ['LIF-01', 'leak-each-100th-buffer'],
  ['LIF-02', 'leak-each-128th-device'],
  ['LIF-04', 'leak-each-200th-munmap'],
  ['LIF-06', 'leak-each-32nd-kill'],
  ['LIF-07', 'leak-each-64th-message'],
  ['LIF-09', 'leak-one-in-64'],
  ['LIF-14', 'leak-each-50th-duplicate'],
  ['ERR-05', 'leak-each-250th-refusal'],
];

/** Those for which a kernel keeps freed objects beside the leak. */
const KEPT_BESIDE = ['LIF-06', 'LIF-07', 'LIF-14'];

const statusesOn = async (target: string, requirement: string): Promise<readonly string[]> => [
  ...new Set((await verdictsOn(target, [requirement])).map(({ status }) => status)),
];

t.test('a quarantine that fills up is no leak', async (t) => {
  for (const quarantine of ['16MiB', '48MiB']) {
    for (const [requirement] of LEAKS.filter(([id]) => id !== 'LIF-09')) {
      const target = `${UNBOUNDED}&quarantine=${quarantine}`;
      t.strictSame(await statusesOn(target, requirement), ['pass'], `${requirement} ${quarantine}`);
    }
  }
});

t.test('a rare leak is seen, with and without a quarantine', async (t) => {
  for (const [requirement, defect] of LEAKS) {
    const target = `${UNBOUNDED}&defect=${defect}`;
    t.ok((await statusesOn(target, requirement)).includes('fail'), `${requirement} on ${target}`);
    if (!KEPT_BESIDE.includes(requirement)) continue;
    const keeping = `${target}&quarantine=16MiB`;
    t.ok((await statusesOn(keeping, requirement)).includes('fail'), `${requirement} on ${keeping}`);
  }
});
