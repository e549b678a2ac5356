#!/usr/bin/env node
import { hideBin } from 'yargs/helpers';
import { main } from './main.ts';

// `allocert run | head` closes our output early; that is no failure of the run.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** Waits until a pipe has taken what was written; process.exit would throw the rest away. */
const drained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });

const exitCode = await main(hideBin(process.argv));
await Promise.all([drained(process.stdout), drained(process.stderr)]);
// A target that refuses to die must not keep the process alive after its verdict is out.
process.exit(exitCode);
