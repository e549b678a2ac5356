#!/usr/bin/env node
import { hideBin } from 'yargs/helpers';
import { main } from './main.ts';

// `allocert run | head` closes our output early; that is no failure of the run.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const exitCode = await main(hideBin(process.argv));
// A target that refuses to die must not keep the process alive after its verdict is out.
process.exit(exitCode);
