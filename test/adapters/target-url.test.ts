/** The rules that URLs of all schemes share: a plus, a percent, a name that is unknown or twice. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseNativeTarget } from '../../adapters/native/target-url.ts';
import { openTarget } from '../../adapters/open-target.ts';
import { parseRemoteTarget } from '../../adapters/remote/target-url.ts';
import { parseVmTarget } from '../../adapters/vm/target-url.ts';

const folder = t.testdir({
  'a+b.so': '',
  'a+b': '',
  'a+b.ko': '',
  'a+b.mjs': 'export const open = (url) => ({ url, open() {}, close() {} });',
});
process.chdir(folder);

/** The sentence with which a target is refused. */
async function refusal(url: string): Promise<string> {
  try {
    await openTarget(url);
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
  return 'it was accepted';
}

/** Of each place where a URL may hold a plus: the text that was read there. */
const READINGS: Readonly<Record<string, () => Promise<unknown> | unknown>> = {
  'sim:?defect=a+b': async () => (await refusal('sim:?defect=a+b')).match(/no defect "(.*?)"/)?.[1],
  'sim:?behaviour=a+b': async () =>
    (await refusal('sim:?behaviour=a+b')).match(/no behaviour "(.*?)"/)?.[1],
  'vm: append=': () => parseVmTarget('vm:debian/x?append=a+b').append,
  'vm: place': () => parseVmTarget('vm:debian/a+b').region.slice('/dev/'.length),
  'vm: kernel=': () => parseVmTarget('vm:/dev/x?kernel=a+b').kernel,
  'vm: module=': () => parseVmTarget('vm:debian/x?module=a+b.ko,a+b').modules[0]?.parameters[0],
  'native: place': () =>
    parseNativeTarget('native:./a+b.so').path.slice(`${folder}/`.length, -'.so'.length),
  'native: mode=': async () =>
    (await refusal('native:./a+b.so?mode=a+b')).match(/option mode=(.*?);/)?.[1],
  'remote:unix:': () => parseRemoteTarget('remote:unix:a+b'),
  'remote:exec:': () => parseRemoteTarget('remote:exec:agent a+b'),
  'remote:tls: ca=': () => parseRemoteTarget('remote:tls:h:1?ca=a+b&cert=c&key=d'),
  'remote:ssh: agent=': () => parseRemoteTarget('remote:ssh:h:/dev/x?agent=a+b'),
  'replay:': async () => (await refusal('replay:a+b')).match(/^(\S+) cannot be replayed/)?.[1],
  'a module': async () => (await openTarget('./a+b.mjs?a+b')).url.split('?')[1],
};

const FOUND: Readonly<Record<string, object>> = {
  'remote:unix:': { path: 'a+b' },
  'remote:exec:': { argv: ['agent', 'a+b'] },
  'remote:tls: ca=': { ca: 'a+b' },
  'remote:ssh: agent=': { agent: 'a+b' },
};

t.test('every scheme reads a+b as a+b', async (t) => {
  for (const [place, read] of Object.entries(READINGS)) {
    t.match(await read(), FOUND[place] ?? /^a\+b$/, place);
  }
});

const PARAMETRIC = [
  'sim:',
  'vm:debian/x',
  'native:./a+b.so',
  'remote:tls:h:1',
  'remote:ssh:h:/dev/x',
];
const FIRST: Readonly<Record<string, string>> = {
  'sim:': 'seed=1',
  'vm:debian/x': 'memory=512',
  'native:./a+b.so': 'mode=contained',
  'remote:tls:h:1': 'ca=x',
  'remote:ssh:h:/dev/x': 'port=22',
};

t.test('every scheme with parameters refuses the same mistakes in the same words', async (t) => {
  writeFileSync(join(folder, 'x'), '');
  for (const base of PARAMETRIC) {
    const good = FIRST[base] ?? '';
    const name = good.split('=')[0] ?? '';
    t.match(await refusal(`${base}?colour=red`), / has no parameter "colour"; it has \w/, base);
    t.match(await refusal(`${base}?${good}&${good}`), ` takes ${name} once; remove`, base);
    t.match(await refusal(`${base}?${name}`), ` gives ${name} no value; write ${name}=`, base);
    t.match(await refusal(`${base}?${name}=%zz`), / holds a % that is not percent-encoding/, base);
  }
});
