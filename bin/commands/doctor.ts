import type { Argv, CommandModule } from 'yargs';
import { diagnose } from '../../adapters/doctor.ts';
import { say } from '../shared/terminal.ts';

/** `allocert doctor` */
export const doctorCommand: CommandModule = {
  command: 'doctor',
  describe: 'Say which targets this machine can run, and what each missing one needs',
  builder: (argv: Argv) => argv.epilogue('Exit codes: 0 said, whatever is missing; 2 usage.'),
  handler: async () => {
    for (const { scheme, ready, findings } of await diagnose()) {
      say(`${`${scheme}:`.padEnd(9)}${ready ? 'ready' : 'not ready'}`);
      for (const finding of findings) say(`         ${finding}`);
    }
  },
};
