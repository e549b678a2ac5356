import type { Argv, CommandModule } from 'yargs';
import { diagnose } from '../../adapters/doctor.ts';
import { sayJson, sayParagraphs } from '../shared/terminal.ts';

interface DoctorArguments {
  readonly json: boolean;
}

/** `allocert doctor` */
export const doctorCommand: CommandModule<object, DoctorArguments> = {
  command: 'doctor',
  describe: 'Say which targets this machine can run, and what each missing one needs',
  builder: (argv: Argv) =>
    argv
      .option('json', { type: 'boolean', default: false, describe: 'Print an array of objects' })
      .epilogue('Exit codes: 0 said, whatever is missing; 2 usage.') as Argv<DoctorArguments>,
  handler: async ({ json }) => {
    const diagnoses = await diagnose();
    if (json) {
      sayJson(diagnoses);
      return;
    }
    for (const { scheme, ready, findings } of diagnoses) {
      sayParagraphs(
        { first: `${scheme}:`.padEnd(9), text: ready ? 'ready' : 'not ready' },
        ...findings.map((text) => ({ first: ' '.repeat(9), text })),
      );
    }
  },
};
