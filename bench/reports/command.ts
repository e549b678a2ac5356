import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/package-root.ts';

/** What a command needed. */
export interface CommandCost {
  /** Of processors, user and system. */
  readonly seconds: number;
  /** The most memory of its process. */
  readonly megabytes: number;
}

/**
 * Runs the built command on a run that has failures; what it needed is told by itself at its end.
 *
 * @param folder for files that it is measured by
 */
export function measuredCommand(folder: string, words: readonly string[]): CommandCost {
  const told = join(folder, 'told');
  const preload = join(folder, 'preload.cjs');
  writeFileSync(
    preload,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(told)},
      JSON.stringify(process.resourceUsage())))`,
  );
  const program = join(packageRoot(), 'dist', 'bin', 'allocert.js');
  const ran = spawnSync(process.execPath, ['--require', preload, program, ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (ran.status !== 1) throw new Error(`exit code ${ran.status} where 1 is right: ${ran.stderr}`);
  const { maxRSS, systemCPUTime, userCPUTime } = JSON.parse(readFileSync(told, 'utf8'));
  return { seconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: (maxRSS * 1024) / 1e6 };
}
