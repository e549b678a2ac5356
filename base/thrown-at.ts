import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from './package-root.ts';

/** Folders of this package whose frames say nothing about the code of others. */
const OWN = /^(?:build\/)?(?:dist|adapters|base|bin|suites)\//;
const FRAME = /(?:\(|at (?:async )?)((?:file:\/\/)?\/[^()]*?):(\d+):\d+\)?$/;

/**
 * Where code of others threw: ` at FILE:LINE` of the innermost frame outside of allocert, for the
 * end of a sentence. Empty where the stack does not say. With `ALLOCERT_DEBUG` the whole stack.
 */
export function thrownAt(thrown: unknown): string {
  try {
    const stack = thrown instanceof Error && typeof thrown.stack === 'string' ? thrown.stack : '';
    if (process.env.ALLOCERT_DEBUG !== undefined && stack !== '') return whole(stack);
    for (const line of stack.split('\n').slice(0, LINES_MAX)) {
      const [, place = '', number] = FRAME.exec(line.trimEnd()) ?? [];
      if (place === '') continue;
      const path = place.startsWith('file:') ? fileURLToPath(place) : place;
      if (!OWN.test(relative(packageRoot(), path))) return ` at ${basename(path)}:${number}`;
    }
  } catch {
    // Code of others may put anything into an error: a place is only shown where there is one.
  }
  return '';
}

const LINES_MAX = 100;

/** All frames in one line, innermost first. */
const whole = (stack: string): string => {
  const frames = stack
    .split('\n')
    .slice(0, LINES_MAX)
    .map((line) => line.trim());
  return ` ${frames.filter((line) => line.startsWith('at ')).join(', ')}`;
};
