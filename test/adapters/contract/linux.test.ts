/** One file defines Linux's constants; the rest imports them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import * as linux from '../../../adapters/contract/linux.ts';
import { linuxNumbers } from '../../../adapters/contract/linux-numbers.ts';
import { packageRoot } from '../../../base/package-root.ts';

const constants = new Map<string, unknown>(Object.entries(linux));

t.test('the plain numbers are the same constants', async (t) => {
  for (const [name, value] of Object.entries(linuxNumbers)) {
    t.equal(BigInt(value), constants.get(name), name);
  }
  t.equal(linuxNumbers.O_CLOEXEC, 0o2000000);
  t.notOk('ioctlNumber' in linuxNumbers, 'functions are none of them');
});

t.test('ioctl numbers are those of the headers', async (t) => {
  t.equal(linux.DMA_BUF_IOCTL_SYNC, 0x40086200n);
  t.equal(linux.DMA_BUF_SET_NAME, 0x40086201n);
  t.equal(linux.ioctlNumber(linux.IOC_READ | linux.IOC_WRITE, 'S', 0n, 32n), 0xc0205300n);
  t.equal(linux.ioctlDirection(0xc0205300n), linux.IOC_READ | linux.IOC_WRITE);
  t.equal(linux.ioctlSize(0xc0205300n), 32n);
  t.equal(linux.majorOf(0xa07n), 10n);
});

const HOME = 'adapters/contract/linux.ts';

/** Constants of {@link HOME} that a text defines once more, by whatever value. */
const definedAgain = (text: string): string[] =>
  [...text.matchAll(/\bconst ([A-Z][A-Z0-9_]*)(?:: \w+)? = (?!linux\b)/g)]
    .map(([, name]) => name ?? '')
    .filter((name) => constants.has(name));

t.test('no other file defines one again', async (t) => {
  const cwd = packageRoot();
  const listed = execFileSync('git', ['ls-files', '*.ts'], { cwd, encoding: 'utf8' });
  const others = listed.split('\n').filter((file) => file !== '' && file !== HOME);
  const again = others.flatMap((file) =>
    definedAgain(readFileSync(join(cwd, file), 'utf8')).map((name) => `${file} defines ${name}`),
  );
  t.strictSame(again, [], `import it from ${HOME}, or from linux-numbers.ts`);
  t.strictSame(definedAgain(`const O_${'RDWR'} = 2; export const SEEK_${'END'}: number = 2;`), [
    'O_RDWR',
    'SEEK_END',
  ]);
  t.strictSame(definedAgain('const { O_RDWR } = linux; const O_OTHER = 2;'), []);
});
