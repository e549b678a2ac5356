#!/usr/bin/env node
import { lastResort } from './shared/last-resort.ts';

// What no promise and no caller waits for ends here, before anything else is even loaded.
process.on('uncaughtException', lastResort).on('unhandledRejection', lastResort);

// `allocert run | head` closes our output early; that is no failure of the run.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** Waits until a pipe has taken what was written; process.exit would throw the rest away. */
const drained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });

const { main } = await import('./main.ts');
const exitCode = await main(process.argv.slice(2));
await Promise.all([drained(process.stdout), drained(process.stderr)]);
// A target that refuses to die must not keep the process alive after its verdict is out.
process.exit(exitCode);
