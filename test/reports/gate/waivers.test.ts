/** Waivers: what they excuse, until when, and what is said of those that excuse nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { gate } from '../../../reports/gate/gate.ts';
import { covers } from '../../../reports/gate/match.ts';
import { dayOf, readWaivers } from '../../../reports/gate/read-waivers.ts';
import { withoutGate } from '../../../reports/gate/without-gate.ts';
import type { Waiver } from '../../../reports/record/gate-outcome.ts';
import { recordText } from '../../../reports/record/record-text.ts';
import { REPORTERS } from '../../../reports/reporters.ts';
import { temporaryDirectory } from '../sample.ts';
import { recordWith, settings, WAIVER } from './sample.ts';

const gated = (waivers: readonly Waiver[], today = '2026-01-15', text = 'fail' as const) =>
  gate(recordWith({ text }), settings({ waivers, today }));

t.test('a waived failure has its own verdict, and its waiver beside it', async (t) => {
  const raw = recordWith({ text: 'fail' });
  const record = gate(raw, settings({ waivers: [WAIVER] }));
  t.equal(record.exitCode, 0);
  const [verdict] = record.cases[0]?.verdicts ?? [];
  t.match(verdict, { status: 'waived', waivedFrom: 'fail' }, 'what it was stays visible');
  t.equal(record.requirements[0]?.statuses.hardened, 'waived');
  t.strictSame(record.waivers, [{ ...WAIVER, waived: ['LIF-01/close LIF-01'] }]);
  t.strictSame(record.gate?.warnings, []);
  for (const format of ['tap', 'junit', 'ctrf', 'markdown', 'github']) {
    const text = [...(REPORTERS[format]?.(record, []) ?? [])].join('');
    t.match(text, /waived until 2026-01-31 by memory team/, `${format} says who and until when`);
  }
  t.equal(recordText(withoutGate(record)), recordText(raw), 'and can be taken away again');
});

t.test('it holds on its last day, and fails on the next', async (t) => {
  t.equal(gated([WAIVER], '2026-01-31').exitCode, 0);
  const late = gated([WAIVER], '2026-02-01');
  t.equal(late.exitCode, 1);
  t.match(late.gate?.reasons[1], /waiver of LIF-01 expired on 2026-01-31.*memory team owns it/);
  t.equal(late.gate?.expired.length, 1);
  t.equal(late.requirements[0]?.statuses.hardened, 'fail');
  t.equal(dayOf(new Date('2026-01-31T23:59:59.999Z')), '2026-01-31', 'days are those of UTC');
});

t.test('it covers what it names and nothing else', async (t) => {
  const table: readonly (readonly [Partial<Waiver>, 0 | 1])[] = [
    [{}, 0],
    [{ target: '*' }, 0],
    [{ target: 'simulator, *' }, 0],
    [{ target: 'sim' }, 1],
    [{ target: 's.m:' }, 1],
    [{ target: 'vm:*' }, 1],
    [{ id: 'ERR-01' }, 1],
    [{ case: 'LIF-01/close' }, 0],
    [{ case: 'LIF-01/other' }, 1],
    [{ profile: 'hardened' }, 0],
    [{ profile: 'rfc' }, 1],
  ];
  for (const [more, exitCode] of table) {
    t.equal(gated([{ ...WAIVER, ...more }]).exitCode, exitCode, JSON.stringify(more));
  }
});

t.test('patterns know the star alone', async (t) => {
  t.ok(covers('a*c', 'abbc'));
  t.ok(covers('*', ''));
  t.ok(covers('vm:/dev/cma0?kernel=*', 'vm:/dev/cma0?kernel=bzImage\nx'));
  t.notOk(covers('a?c', 'abc'));
  t.notOk(covers('b', 'abc'), 'it covers the whole text');
});

t.test('what endangers data or the machine is waived only by who says so', async (t) => {
  const record = recordWith({ text: 'crash' });
  const refused = gate(record, settings({ waivers: [WAIVER] }));
  t.equal(refused.exitCode, 1);
  t.match(refused.gate?.reasons.join(), /excuses nothing.*"acknowledgesSafety": true/);
  const said = { ...WAIVER, acknowledgesSafety: true } as const;
  t.equal(gate(record, settings({ waivers: [said] })).exitCode, 0);
  const safety = {
    ...recordWith({ text: 'fail' }),
    requirements: record.requirements.map((one) => ({ ...one, authority: 'safety' as const })),
  };
  t.equal(gate(safety, settings({ waivers: [WAIVER] })).exitCode, 1, 'a rule of safety');
  t.equal(gate(safety, settings({ waivers: [said] })).exitCode, 0);
});

t.test('one that is not needed warns, and changes no exit code', async (t) => {
  const again = gate(recordWith(), settings({ waivers: [WAIVER] }));
  t.equal(again.exitCode, 0);
  t.strictSame(again.gate?.passingAgain, [WAIVER]);
  t.match(again.gate?.warnings, [/LIF-01 on sim: is not needed any more/]);
  const table: readonly (readonly [Partial<Waiver>, RegExp])[] = [
    [{ target: 'vm:*' }, /unused: no target here is vm:\*/],
    [{ id: 'NIL-99' }, /unused: the simple-allocator ABI has no requirement NIL-99/],
    [{ case: 'LIF-01/gone' }, /unused: no case LIF-01\/gone observes it/],
    [{ profile: 'strict' }, /unused: the ABI has no profile strict/],
  ];
  for (const [more, warning] of table) {
    const record = gate(recordWith(), settings({ waivers: [{ ...WAIVER, ...more }] }));
    t.match(record.gate, { warnings: [warning], unused: [more], passingAgain: [] });
    t.equal(record.exitCode, 0);
  }
  const skipped = gate(recordWith({ text: 'skip' }), settings({ waivers: [WAIVER] }));
  t.match(skipped.gate?.warnings, [/unused: it was not observed/]);
  const part = { ...recordWith(), partial: true, cases: recordWith().cases.slice(1) };
  const quiet = gate(part, settings({ waivers: [WAIVER] }));
  t.strictSame(quiet.gate?.warnings, [], 'a part of a run leaves out much');
});

t.test('a file that does not hold is refused in a sentence', async (t) => {
  const file = join(temporaryDirectory(), 'waivers.json');
  const { owner: _, ...nobody } = WAIVER;
  const table: readonly (readonly [unknown, RegExp])[] = [
    [{ version: 1, waivers: [nobody] }, /not a waiver file: at \/waivers\/0, "owner" is missing/],
    [{ version: 1, waivers: [{ ...WAIVER, until: 'x' }] }, /at \/waivers\/0, "until" is unknown/],
    [{ version: 1, waivers: [{ ...WAIVER, issue: 'none' }] }, /at \/waivers\/0\/issue/],
    [{ version: 1, waivers: [{ ...WAIVER, reason: ' ' }] }, /at \/waivers\/0\/reason/],
    [{ version: 1, waivers: [{ ...WAIVER, owner: '' }] }, /at \/waivers\/0\/owner/],
    [{ version: 1, waivers: [{ ...WAIVER, target: '\t' }] }, /at \/waivers\/0\/target/],
    [{ version: 1, waivers: [{ ...WAIVER, expires: 'never' }] }, /at \/waivers\/0\/expires/],
    [{ version: 1, waivers: [{ ...WAIVER, expires: '2026-02-31' }] }, /which is not a day/],
    [{ version: 1, waivers: [WAIVER, WAIVER] }, /waiver 2, of LIF-01, covers the same as waiver 1/],
    [{ version: 2, waivers: [] }, /at \/version, 2 must be 1/],
    [[], /at the top, a list must be an object/],
  ];
  for (const [value, message] of table) {
    writeFileSync(file, JSON.stringify(value));
    t.throws(() => readWaivers(file), { blame: 'usage', message });
  }
  writeFileSync(file, '{');
  t.throws(() => readWaivers(file), {
    blame: 'usage',
    message: /is not JSON \(line 1: .*an empty one is/,
  });
  t.throws(() => readWaivers(`${file}.gone`), {
    blame: 'usage',
    message: /cannot be read, there is no such file/,
  });
  writeFileSync(file, JSON.stringify({ version: 1, waivers: [WAIVER] }));
  t.strictSame(readWaivers(file), [WAIVER]);
});
