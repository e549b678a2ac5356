#!/usr/bin/env node
import { conclude, concluded, endProcess, guardExit, TROUBLE } from './shared/own-exit.ts';

// From here on the exit code is 3 until a verdict is written, and nobody else ends the process.
guardExit(() => idleResort());

const { idleResort, lastResort, outputResort } = await import('./shared/last-resort.ts');

// What no promise and no caller waits for ends here, before anything else is even loaded. Listeners
// of others cannot take its place.
process.setUncaughtExceptionCaptureCallback(lastResort);
process.on('unhandledRejection', lastResort);

// `allocert run | head` closes our output early; that is no failure of the run.
process.stdout.on('error', outputResort);

/** Waits until a pipe has taken what was written; process.exit would throw the rest away. */
const drained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });

// Commands that take longer have more to say of Ctrl-C, and listen themselves.
const { onStopSignal, stopAtOnce } = await import('./shared/stop-signals.ts');
onStopSignal(stopAtOnce);

const argv = process.argv.slice(2);
const { guardedAtSight } = await import('./shared/guardian.ts');
const code = await guardedAtSight(argv);
if (code === undefined) await (await import('./main.ts')).main(argv);
else conclude(code);
await Promise.all([drained(process.stdout), drained(process.stderr)]);
// A target that refuses to die must not keep the process alive after its verdict is out.
endProcess(concluded() ?? TROUBLE);
