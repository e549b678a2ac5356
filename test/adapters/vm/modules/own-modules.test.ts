/** Building modules for a kernel, with a stand-in for its headers; make and cc are real. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import t, { type Test } from 'tap';
import { KERNEL_TYPES } from '../../../../adapters/vm/kernels/headers.ts';
import type { KernelImage } from '../../../../adapters/vm/kernels/kernel-image.ts';
import { missingForModules } from '../../../../adapters/vm/modules/compiler.ts';
import { buildOwnModules } from '../../../../adapters/vm/modules/own-modules.ts';

/** Makes what a kernel's makefile makes of our sources, and counts how often. */
const MAKEFILE = String.raw`
modules:
	echo built >> $(CURDIR)/log
	test -f $(M)/Kbuild
	printf 'parmtype=behaviour:charp\0' > $(M)/simple_allocator.ko
	printf 'parmtype=regions:uint\0' > $(M)/sa_cma.ko
	test -z "$(ALLOCERT_DEFECTS)" || printf 'parm=defect:a bug\0' >> $(M)/sa_cma.ko
	printf '%s\n' $(M)/simple_allocator.o $(M)/sa_cma.o > $(M)/modules.order
`;
const HARDENED = { behaviour: 'hardened', regions: 2 } as const;
const quiet = (): void => {};

/** A kernel whose modules are built by that makefile. */
function kernelOf(t: Test, makefile = MAKEFILE, config = ''): KernelImage {
  const folder = t.testdir({
    cache: {},
    headers: {
      Makefile: makefile,
      include: { config: { 'auto.conf': `CONFIG_CC_VERSION_TEXT="cc (Debian)"\n${config}` } },
    },
  });
  process.env.ALLOCERT_CACHE = join(folder, 'cache');
  t.teardown(() => {
    delete process.env.ALLOCERT_CACHE;
  });
  return {
    image: '/boot/vmlinuz',
    architecture: 'x86_64',
    details: { version: '6.12.1' },
    headers: async () => join(folder, 'headers'),
  };
}

t.test('modules come in their order, each with the parameters that it has', async (t) => {
  const kernel = kernelOf(t, MAKEFILE, 'CONFIG_DMA_CMA=y\n');
  const built = await buildOwnModules(kernel, HARDENED, quiet);
  t.strictSame(
    built.modules.map(({ path, parameters }) => [basename(path), ...parameters]),
    [
      ['simple_allocator.ko', 'behaviour=hardened'],
      ['sa_cma.ko', 'regions=2'],
    ],
  );
  t.match(built.details, { memory: 'CMA', behaviour: 'hardened', moduleCompiler: /\S/ });
  const rfc = await buildOwnModules(kernel, { behaviour: 'rfc-v2', regions: 4 }, quiet);
  t.strictSame(rfc.modules[0]?.parameters, ['behaviour=rfc-v2']);
  const log = join((await kernel.headers?.()) ?? '', 'log');
  t.equal(readFileSync(log, 'utf8'), 'built\n', 'one build serves all parameters');
  const defect = { ...HARDENED, defect: 'no-zeroing' };
  const broken = await buildOwnModules(kernel, defect, quiet);
  t.strictSame(broken.modules[1]?.parameters, ['regions=2', 'defect=no-zeroing']);
  t.match(broken.details, { defect: 'no-zeroing' });
  t.equal(readFileSync(log, 'utf8'), 'built\nbuilt\n', 'defects are a build of their own');
  rmSync(log);
  const other = { ...kernel, details: { version: '6.12.2' } };
  await buildOwnModules(other, HARDENED, quiet);
  t.equal(readFileSync(log, 'utf8'), 'built\n', 'so is every kernel');
});

t.test('a kernel without CMA is said to have none', async (t) => {
  const built = await buildOwnModules(kernelOf(t), HARDENED, quiet);
  t.match(built.details, { memory: 'page allocator' });
});

t.test('modules get types where the kernel has them and pahole can write them', async (t) => {
  const kernel = kernelOf(t, MAKEFILE, 'CONFIG_DEBUG_INFO_BTF=y\n');
  const path = process.env.PATH ?? '';
  t.teardown(() => {
    process.env.PATH = path;
  });
  const headers = (await kernel.headers?.()) ?? '';
  const bin = join(headers, '..', 'bin');
  mkdirSync(bin);
  const pahole = (version: string, writes: string): void => {
    const said = `test "$1" != --version || { echo ${version}; exit; }`;
    const lines = ['#!/bin/sh', said, 'for file; do :; done', writes];
    writeFileSync(join(bin, 'pahole'), `${lines.join('\n')}\n`, { mode: 0o755 });
    process.env.PATH = `${bin}${delimiter}${path}`;
  };
  const built = async () => {
    const { details, modules } = await buildOwnModules(kernel, HARDENED, quiet);
    const texts = modules.map((module) => readFileSync(module.path, 'latin1'));
    const typed = texts.filter((text) => /types of|half/.test(text));
    return { types: details.moduleTypes, typed };
  };
  pahole('v1', 'echo "types of $4" >> "$file"');
  const none = 'none: the kernel has no types that a module could go on from';
  t.strictSame(await built(), { types: none, typed: [] });
  writeFileSync(join(headers, KERNEL_TYPES), 'types');
  const { types, typed } = await built();
  t.equal(types, 'pahole v1');
  t.equal(typed.length, 2, 'a module that was built before is built anew');
  t.ok(typed.every((text) => text.includes(`types of ${join(headers, KERNEL_TYPES)}`)));
  pahole('v0', 'echo half >> "$file"; echo "what is kind 19?" >&2; exit 1');
  const refused = 'none: pahole v0 cannot write them: what is kind 19?';
  t.strictSame(await built(), { types: refused, typed: [] });
});

t.test('what cannot be built says why', async (t) => {
  const failing = kernelOf(t, "modules:\n\techo 'x.c:1: error: no such thing' >&2; exit 1\n");
  await t.rejects(buildOwnModules(failing, HARDENED, quiet), {
    exitCode: 3,
    message: /cannot be compiled for this kernel: x\.c:1: error: no such thing$/,
  });
  const headers = (await failing.headers?.()) ?? '';
  writeFileSync(join(headers, 'Makefile'), MAKEFILE.replaceAll('behaviour', 'conduct'));
  await t.rejects(buildOwnModules(failing, HARDENED, quiet), {
    exitCode: 2,
    message: /no module here has the parameter behaviour/,
  });
  const { image, architecture, details } = failing;
  await t.rejects(buildOwnModules({ image, architecture, details }, HARDENED, quiet), {
    exitCode: 3,
    message: /no longer has the headers of 6\.12\.1/,
  });
});

t.test('without make or a compiler one sentence says what to install', async (t) => {
  const path = process.env.PATH;
  t.teardown(() => {
    process.env.PATH = path;
  });
  const kernel = { ...kernelOf(t), architecture: 'aarch64' } as const;
  process.env.PATH = '/nonexistent';
  await t.rejects(buildOwnModules(kernel, HARDENED, quiet), {
    exitCode: 3,
    message: /for aarch64 kernels cannot be compiled; install make and gcc-aarch64-linux-gnu$/,
  });
  t.strictSame(missingForModules('armhf'), ['make', 'gcc-arm-linux-gnueabihf']);
});
