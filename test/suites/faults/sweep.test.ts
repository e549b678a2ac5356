/** Sweeps of faults on the simulator: nothing without a defect, and each defect by its own kind. */
import t from 'tap';
import type { Operation, Session } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { FAULT_DEFECTS } from '../../../adapters/simulator/defects/all.ts';
import { commandOf } from '../../../catalogue/abi-request.ts';
import { abiNamed } from '../../../catalogue/catalogue.ts';
import type { FaultKind, FaultReport } from '../../../suites/faults/fault-report.ts';
import { faultExitCode, faultLines } from '../../../suites/faults/fault-text.ts';
import { BOUND_DEFAULT, sweepFaults } from '../../../suites/faults/sweep-suites.ts';
import { undoing } from '../../../suites/faults/swept-calls.ts';

const sweep = (url: string, only: readonly string[], bound = BOUND_DEFAULT): Promise<FaultReport> =>
  sweepFaults({ adapter: openSimulator(url), only, bound });

/** What each defect is found by; further kinds may follow from it. */
const FOUND_BY: Readonly<Record<(typeof FAULT_DEFECTS)[number]['name'], FaultKind>> = {
  'fault-leaks-buffer': 'leak',
  'fault-keeps-last-page': 'leak',
  'fault-leaves-descriptor': 'descriptor',
  'fault-tells-einval': 'errno',
  'fault-tells-success': 'no descriptor',
  'fault-clears-region': 'damage',
  'fault-keeps-reference': 'leak',
  'fault-warns': 'complaint',
};
/** What maps a buffer, besides what asks for one. */
const CASES = ['LIF-02', 'LIF-04/mapping'];

t.test('without a defect nothing is found, whatever fails', async (t) => {
  const only = ['LIF-03', 'LIF-07', 'MAP-01', 'ERR-05'];
  const report = await sweep('sim:', only);
  t.strictSame(report.findings, []);
  t.strictSame(report.unfinished, []);
  t.equal(faultExitCode(report), 0);
  const { absorbed, apart, bounded, calls, counted, points } = report.counts;
  t.ok(calls > 30 && points > 50 && apart > 0 && counted > 0, JSON.stringify(report.counts));
  t.equal(absorbed, 0, 'the simulator has no allocation that it can do without');
  t.equal(bounded, 0);
  t.ok((report.byOperation.ioctl?.points ?? 0) > (report.byOperation.ioctl?.calls ?? 0));
});

for (const { name } of FAULT_DEFECTS) {
  t.test(`${name} is found`, async (t) => {
    const report = await sweep(`sim:?defect=${name}`, CASES);
    const kinds = new Set(report.findings.map(({ kind }) => kind));
    t.strictSame([...kinds], [FOUND_BY[name]], JSON.stringify(report.findings));
    t.equal(faultExitCode(report), 1);
    t.match(faultLines(report).join('\n'), /FAULT /);
  });
}

t.test('the posted code tells a lack of memory as an argument that is wrong', async (t) => {
  const { findings } = await sweep('sim:?behaviour=rfc-v2', ['LIF-02']);
  t.match(findings, [
    { kind: 'errno', detail: /failed with EINVAL, but ENOMEM would name the cause/ },
  ]);
});

t.test('a request of another kind that succeeded is not made again', (t) => {
  const abi = abiNamed('simple-allocator');
  const argument = { bytes: new Uint8Array(8) };
  const unregister: Operation = { op: 'ioctl', fd: 3n, request: 0x40084101n, argument };
  t.equal(undoing(abi, unregister, 'out'), 'cannot');
  const allocate: Operation = { ...unregister, request: commandOf(abi) };
  t.match(undoing(abi, allocate, 'out'), [{ op: 'close', fd: { slot: 'out' } }]);
  t.end();
});

t.test('a bound that is reached is said, and the call still counts', async (t) => {
  const report = await sweep('sim:', ['LIF-02'], 1);
  t.ok(report.counts.bounded > 0);
  t.strictSame(report.findings, []);
  t.match(faultLines(report).join('\n'), /calls have more than 1 allocations: see --points/);
});

t.test('a target that cannot fail on purpose is refused in a sentence', async (t) => {
  const adapter = openSimulator('sim:');
  const open = async (): Promise<Session> => {
    const session = await adapter.open();
    const { facts } = session;
    const capabilities = facts.capabilities.filter((one) => one !== 'faults');
    return {
      facts: { ...facts, capabilities },
      begin: (caseId) => session.begin(caseId),
      run: (program) => session.run(program),
      close: () => session.close(),
    };
  };
  const sweeping = sweepFaults({ adapter: { ...adapter, open }, only: [], bound: 1 });
  await t.rejects(sweeping, { message: /^sim: cannot fail on purpose: its kernel needs/ });
});
