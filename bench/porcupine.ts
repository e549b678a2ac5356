/**
 * The oracle of linearizability against porcupine, on porcupine's own histories of key-value stores
 * and of etcd: the same verdicts, and the time of all processors. It needs Go and a copy of
 * porcupine, which the variable {@link FOLDER} names; nothing of it is part of allocert:
 *
 *     git clone https://github.com/anishathalye/porcupine
 *     ALLOCERT_BENCH_PORCUPINE=$PWD/porcupine npm run bench:all -- --peers --only porcupine
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../base/package-root.ts';
import { tellFigures } from './all/figures.ts';
import { processorTime } from './all/measure.ts';
import {
  registerAlone,
  registerCalls,
  storeByKey,
  storeCalls,
  storeInOnePiece,
} from './porcupine/histories.ts';

const FOLDER = 'ALLOCERT_BENCH_PORCUPINE';
/** A history is checked again until it has taken so many milliseconds together. */
const ENOUGH_MS = 100;
const TURNS_MAX = 1000;

interface Checked {
  readonly name: string;
  readonly verdict: boolean;
  /** Milliseconds of all processors, at best. */
  readonly ms: number;
}

const given = process.env[FOLDER] ?? '';
if (!existsSync(join(given, 'test_data', 'kv'))) {
  tellFigures({ reason: `${FOLDER} names no copy of porcupine` });
} else {
  const theirs = await porcupine(given);
  compare(
    theirs,
    theirs.map(({ name }) => own(given, name)),
  );
}

async function porcupine(source: string): Promise<readonly Checked[]> {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-porcupine-'));
  try {
    cpSync(source, folder, { recursive: true });
    const side = join(packageRoot(), 'bench', 'porcupine', 'verdicts_test.go');
    cpSync(side, join(folder, 'verdicts_test.go'));
    const words = ['test', '-count=1', '-timeout=2h', '-run', 'TestTellVerdicts', '-v', '.'];
    const { stdout } = await promisify(execFile)('go', words, { cwd: folder });
    return [...stdout.matchAll(/^history (\S+) (true|false) (\d+)$/gm)].map(
      ([, name = '', verdict, ns]) => ({ name, verdict: verdict === 'true', ms: Number(ns) / 1e6 }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function own(source: string, name: string): Checked {
  const [kind, file = ''] = name.split('/');
  const place = kind === 'etcd' ? `jepsen/${file}.log` : `kv/${file}.txt`;
  const text = readFileSync(join(source, 'test_data', place), 'utf8');
  if (kind === 'etcd') {
    const calls = registerCalls(text);
    return timed(name, () => registerAlone(calls));
  }
  const calls = storeCalls(text);
  return timed(name, () => (kind === 'kv' ? storeByKey(calls) : storeInOnePiece(calls)));
}

function timed(name: string, check: () => boolean): Checked {
  let [all, best, verdict] = [0, Number.POSITIVE_INFINITY, false];
  for (let turn = 0; turn === 0 || (all < ENOUGH_MS && turn < TURNS_MAX); turn += 1) {
    const start = processorTime();
    verdict = check();
    const took = processorTime() - start;
    best = Math.min(best, took);
    all += took;
  }
  return { name, verdict, ms: best };
}

function compare(theirs: readonly Checked[], ours: readonly Checked[]): void {
  const pairs = theirs.map((their, index) => ({ their, our: ours[index] as Checked }));
  const other = pairs.filter(({ our, their }) => our.verdict !== their.verdict);
  for (const { our, their } of pairs) {
    const line = `${our.ms.toFixed(2)} ms, porcupine ${their.ms.toFixed(2)} ms`;
    console.log(`${our.name.padEnd(16)} ${our.verdict ? 'ok ' : 'bad'} ${line}`);
  }
  const ratio = (kind: string): number => {
    const those = pairs.filter(({ our }) => our.name.startsWith(`${kind}/`));
    const sum = (of: readonly Checked[]): number => of.reduce((all, { ms }) => all + ms, 0);
    return sum(those.map(({ our }) => our)) / sum(those.map(({ their }) => their));
  };
  tellFigures({
    'other-verdicts': other.length,
    ...{ partitioned: ratio('kv'), whole: ratio('whole'), etcd: ratio('etcd') },
  });
}
