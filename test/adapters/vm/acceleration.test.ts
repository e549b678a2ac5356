/** Whether KVM works, with stand-ins for QEMU. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { knownToWork, startsUnderKvm } from '../../../adapters/vm/acceleration.ts';

/** What a QEMU says in pieces before it ends or, with `stays`, stops. */
function qemuThatSays(t: Test, pieces: readonly string[], stays: boolean): Promise<boolean> {
  const program = join(t.testdir(), 'qemu.cjs');
  const script = `#!${process.execPath}
let left = ${JSON.stringify(pieces)};
const say = () => {
  process.stdout.write(left.shift() ?? '');
  if (left.length > 0) setImmediate(say);
  else if (${stays}) setInterval(() => {}, 1_000_000);
};
say();
`;
  writeFileSync(program, script, { mode: 0o755 });
  return startsUnderKvm({ program, version: '10.0.2', architecture: 'x86_64' }, '/no/kernel');
}

t.test('a kernel that looks for its root has started', async (t) => {
  const pieces = [
    '[ 0.1] booting\n',
    '[ 1.9] Kernel panic - not syn',
    'cing: VFS: Unable to mount',
  ];
  t.ok(await qemuThatSays(t, pieces, true));
});

t.test('a kernel that runs its first process has started', async (t) => {
  t.ok(await qemuThatSays(t, ['[ 0.9] Run /sbin/init as init process\n'], true));
});

t.test('a guest that stops during decompression has not started', async (t) => {
  t.notOk(await qemuThatSays(t, ['Booting from ROM...\nDecompressing Linux...\n'], true));
});

t.test('a QEMU that ends early has started nothing', async (t) => {
  t.notOk(await qemuThatSays(t, ['[ 0.1] booting\n'], false));
});

t.test('an answer counts until the next boot, and only one about a whole boot', async (t) => {
  const folder = t.testdir();
  process.env.ALLOCERT_CACHE = folder;
  t.teardown(() => {
    delete process.env.ALLOCERT_CACHE;
  });
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const qemu = { program: '/no/qemu', version: '10.0.2', architecture: 'x86_64' } as const;
  const known = (text: string): boolean | undefined => {
    writeFileSync(join(folder, 'kvm-probe.json'), text);
    return knownToWork(qemu);
  };
  t.equal(knownToWork(qemu), undefined, 'there is none');
  t.equal(known(JSON.stringify({ key: `boot 10.0.2 ${boot}`, works: true })), true);
  t.equal(known(JSON.stringify({ key: `boot 10.0.2 ${boot}`, works: false })), false);
  t.equal(known(JSON.stringify({ key: `boot 9.2.0 ${boot}`, works: true })), undefined);
  t.equal(known(JSON.stringify({ key: 'boot 10.0.2 another', works: true })), undefined);
  t.equal(known(JSON.stringify({ key: `10.0.2 ${boot}`, works: true })), undefined, 'first bytes');
  t.equal(known('{"key":'), undefined, 'torn');
});
