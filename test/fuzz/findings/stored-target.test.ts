import t from 'tap';
import { againText, foundTarget } from '../../../fuzz/findings/stored-target.ts';
import { allocert } from '../../e2e/command.ts';

t.test('what only a finding names is opened in this process alone', async (t) => {
  t.equal(foundTarget('sim:?defect=no-zeroing'), 'sim:?defect=no-zeroing');
  for (const target of ['native:./libvendor.so', 'remote:tls:board:7443', 'vm:x', './sim:.js']) {
    t.throws(() => foundTarget(target), { blame: 'usage', message: /type it with --target/ });
  }
});

t.test('the command that is shown can be typed as it is', async (t) => {
  t.equal(againText('finding-1.json', 'sim:'), 'allocert replay finding-1.json');
  t.equal(
    againText('finding-1.json', "vm:/dev/a?module=it's.ko"),
    "allocert replay finding-1.json --target 'vm:/dev/a?module=it'\\''s.ko'",
  );
});

t.test('a finding of a kernel asks for its target', async (t) => {
  const file = 'test/fixtures/debian-6.12-dma-heap/finding-unknown-nr.json';
  const ran = await allocert(['replay', file]);
  t.equal(ran.code, 2, ran.stdout);
  t.match(ran.stderr, /the finding is of vm:debian\/dma_heap\/system, .* --target/);
});
