/**
 * Kernels by name with the Simple Allocator's modules in them: Debian's stock kernel for PCs always,
 * the others where the cache has them and this machine what they need, else skipped with that
 * reason. The seed's own program runs in each where ALLOCERT_RFC_TEXT names its text.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { toolchainsFor } from '../../adapters/executor/build/architectures.ts';
import { listKernels } from '../../adapters/vm/list-kernels.ts';
import { runInGuest } from '../../adapters/vm/run-program.ts';
import { parseVmTarget } from '../../adapters/vm/target-url.ts';
import { cacheFolder } from '../../base/cache.ts';
import { packageRoot } from '../../base/package-root.ts';
import { allocert } from './command.ts';
import { debianGuest } from './debian-guest.ts';

const options = await debianGuest();

/** Why a kernel is not tested here, for a test's options. */
function skipping(name: string, version = '6.12'): { readonly skip?: string } {
  const skip = options.skip ?? unready(name, version);
  return skip === undefined ? {} : { skip };
}

function unready(name: string, version: string): string | undefined {
  const state = listKernels().find((kernel) => kernel.name === name);
  const lacks = [...(state?.missing ?? []), ...(state?.missingForModules ?? [])];
  if (lacks.length > 0) return `vm:${name} needs ${lacks.join(', ')}`;
  if (existsSync(join(cacheFolder(), 'kernels', `${name}-${version}`, 'kernel.json')))
    return undefined;
  return `the cache has no vm:${name}@${version}; fetch it with allocert vm prepare`;
}

t.test('the modules in a stock kernel keep what was chosen of hardened', options, async (t) => {
  const out = join(t.testdir({}), 'report');
  const only = 'ABI-01,ABI-05,IOC-01,LEN-01,FD-01,MAP-01';
  const words = ['run', 'vm:debian/cma0', '--profile', 'hardened', '--only', only, '--out', out];
  const run = await allocert(words);
  t.equal(run.code, 0, run.stderr + run.stdout);
  const { facts } = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
  t.match(facts.regions, [{ node: '/dev/cma0', abi: 'simple-allocator' }]);
  t.match(facts.details, {
    memory: 'page allocator',
    behaviour: 'hardened',
    modules: /^[0-9a-f]{64}$/,
    'layout dma_heap_allocation_data': '24 len@0+8 fd@8+4 fd_flags@12+4 heap_flags@16+8',
  });
});

t.test(
  'memory that a defect lost comes back, and events count',
  skipping('debian', '7.3'),
  async (t) => {
    const program = join(t.testdir({}), 'guest-memory');
    const source = join(packageRoot(), 'test/e2e/guest-memory.c');
    execFileSync('cc', ['-static', '-std=gnu11', '-Wall', '-Werror', '-o', program, source]);
    const target = 'vm:debian@7.3/cma0?defect=leak-on-close';
    const { output, status } = await runInGuest(target, { path: program, args: [] });
    t.equal(status, 0, output.join('\n'));
    // The module installs descriptors itself, which no event counts, nor does closing them.
    t.match(output.join('\n'), /^events: export 5 fd 0 get 0 put 0 lost 0/m);
    const lost = output.filter((line) => /^[a-z ]+: -?\d+$/.test(line));
    t.strictSame(lost, ['right: 0', 'lost: 5', 'switched off: 0', 'module gone: 0']);
  },
);

t.test(
  '32-bit callers on a 64-bit kernel with large pages',
  skipping('debian-arm64-16k'),
  async (t) => {
    const out = join(t.testdir({}), 'report');
    const target = 'vm:debian-arm64-16k/cma0?agent=armhf';
    const run = await allocert(['run', target, '--only', 'ABI-01,ABI-02', '--out', out]);
    t.equal(run.code, 0, run.stderr + run.stdout);
    const { facts, cases } = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
    t.match(facts, { pageSize: 16384, pointerBytes: 4, details: { memory: 'CMA' } });
    t.notOk(
      cases.some(({ end }: { end: string }) => end === 'skip'),
      'ABI-02 is observed',
    );
  },
);

/** The program in the covering letter: the first of that text which is not quoted. */
function seedProgram(place: string): string {
  const files = statSync(place).isDirectory()
    ? readdirSync(place).map((name) => join(place, name))
    : [place];
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const [program] = /^#include <errno\.h>\n[\s\S]*?^\}$/m.exec(text) ?? [];
  if (program === undefined) throw new Error(`${place} holds no program`);
  return program;
}

const SEED = process.env.ALLOCERT_RFC_TEXT ?? '';
const unnamed = { skip: 'ALLOCERT_RFC_TEXT names no text that has the program' };

for (const name of ['debian@6.12', 'debian@7.3', 'debian-arm64', 'debian-armhf']) {
  const [kernel = '', version] = name.split('@');
  const how = SEED === '' ? unnamed : skipping(kernel, version);
  t.test(`the seed's own program on ${name}`, how, async (t) => {
    const folder = t.testdir({});
    const source = join(folder, 'program.c');
    writeFileSync(source, seedProgram(SEED));
    const program = join(folder, 'program');
    const { agent } = parseVmTarget(`vm:${name}/cma0`);
    // The machine's usual one for the agent, musl's, does not have the kernel's headers.
    const compiler = agent === 'x86_64' ? 'cc' : toolchainsFor(agent).tried[0]?.command;
    const headers = `-I${join(packageRoot(), 'targets/linux/include/uapi/linux')}`;
    execFileSync(compiler ?? '', ['-static', headers, '-o', program, source]);
    const { output } = await runInGuest(`vm:${name}/cma0`, { path: program, args: [] });
    t.ok(output.includes('test simple allocator CMA OK'), output.join('\n'));
  });
}
