/**
 * Targets with a defect get no certificate, also not when their vendor edits verdicts, records and
 * everything that follows from them, and signs it again.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Loose, withDerived, withJournal } from './forge.ts';
import { folderOf, newSigner, opened, sealed, TERMS, verifier } from './sample.ts';

const folder = folderOf(t);
const vendor = newSigner('vendor');
const verify = verifier(folder, vendor);

/** A defect of the simulator, and the case that sees it. */
const DEFECTS: readonly (readonly [defect: string, case_: string])[] = [
  ['unknown-ioctl-einval', 'IOC-02/unknown-nr'],
  ['ioctl-type-unchecked', 'IOC-04/direction'],
  ['efault-einval', 'ERR-01/pointer'],
  ['copy-out-ignored', 'ERR-03/read-only'],
  ['cloexec-ignored', 'FLG-02/cloexec'],
  ['zero-length-accepted', 'LEN-01/zero'],
  ['exhaustion-einval', 'LEN-06/larger-than-region'],
  ['descriptor-not-lowest', 'FD-01/lowest'],
  ['version-1-wanted', 'VER-01/zero'],
  ['reopens-writable', 'MAP-06/reopen'],
];

/** Makes a verdict what its vendor would like it to be. */
function whitewash(line: Loose): void {
  if (line.type !== 'case-end') return;
  for (const verdict of line.verdicts) {
    if (verdict.status === 'pass' || verdict.status === 'info') continue;
    Object.assign(verdict, { status: 'pass', observed: verdict.expected.slice(0, 1), reason: '' });
  }
}

for (const [defect, case_] of DEFECTS) {
  t.test(defect, async (t) => {
    const place = join(folder, defect);
    mkdirSync(place);
    const target = `sim:?defect=${defect}`;
    const terms = { ...TERMS, only: [case_], fuzzRoundsMin: 1, sampledRounds: 1 };
    const made = await opened(place, vendor, { target, terms });
    const honest = await verify(made.file, { terms });
    t.equal(honest.verdict, 'not certified');
    t.match(honest.derived?.conclusion.reasons, [/^run 1: .*failing row/]);
    let data = made.data as ReadonlyMap<string, Buffer>;
    for (const run of [1, 2, 3]) data = withJournal(data, run, whitewash);
    const edited = { ...made, data: await withDerived(data) };
    const { refusals, verdict } = await verify(
      sealed(edited, { signer: vendor, result: 'PASSED' }),
      {
        terms,
      },
    );
    t.equal(verdict, 'refused');
    const reasons = refusals.filter(({ reason }) => reason === 'verdict');
    t.equal(reasons.length, 3, JSON.stringify(refusals));
  });
}
