/** Libraries that are none: each is refused with what is wrong, and nothing runs. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openNative } from '../../../adapters/native/adapter.ts';
import { packageRoot } from '../../../base/package-root.ts';

process.env.ALLOCERT_CACHE = join(tmpdir(), 'allocert-test-cache');

const table = (rest: string, fields = ''): string => `
#include <allocert-vendor.h>
const struct allocert_vendor allocert_vendor = {
	.version = ALLOCERT_VENDOR_VERSION, .bytes = sizeof(allocert_vendor),
	.name = "n", .node = "/dev/n", .abi = "simple-allocator", ${fields} };
${rest}`;

const START = 'static int start(void *state, int again)';
const LIBRARIES: readonly (readonly [what: string, text: string, sentence: RegExp])[] = [
  ['no table', 'int other;', /no table named allocert_vendor \(see docs\/native\.md\)/],
  ['another version', table('', '.version = 99,'), /another version; build it with the header/],
  ['another size', table('', '.bytes = 8,'), /another size; build it with the header/],
  ['no name', table('', '.name = 0,'), /leaves out its name, its node or its abi/],
  ['no path', table('', '.node = "dev",'), /node is not a path/],
  [
    'an unknown group',
    table('', '.capabilities = "files,memroy",'),
    /there is no group "memroy"; .*did you mean memory\?/,
  ],
  ['another abi', table('', '.abi = "ion",'), /speaks "ion"; allocert knows simple-allocator/],
  [
    'a start that fails',
    `#include <errno.h>\n${START} { (void)state; errno = ENOMEM; return -1 - 0 * again; }` +
      table('', '.start = start,'),
    /the library cannot start: Cannot allocate memory/,
  ],
];

for (const [what, text, sentence] of LIBRARIES) {
  t.test(`a library with ${what} is refused`, async (t) => {
    const folder = t.testdir();
    const source = join(folder, 'library.c');
    const library = join(folder, 'library.so');
    writeFileSync(source, text);
    const include = `-I${join(packageRoot(), 'adapters', 'executor', 'include')}`;
    const flags = ['-shared', '-fPIC', '-Wno-override-init', include];
    execFileSync('cc', [...flags, '-o', library, source]);
    for (const mode of ['contained', 'in-process']) {
      const adapter = openNative(`native:${library}?mode=${mode}`);
      await t.rejects(adapter.open(), { message: sentence, exitCode: 3 }, mode);
      await adapter.close();
    }
  });
}

t.test('a file that is no library is refused', async (t) => {
  const folder = t.testdir({ 'text.so': 'text' });
  const adapter = openNative(`native:${join(folder, 'text.so')}`);
  await t.rejects(adapter.open(), { message: /the library cannot be loaded: .*text\.so/ });
  await adapter.close();
});
