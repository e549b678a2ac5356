import type { Argv, CommandModule } from 'yargs';
import { usageError } from '../../base/errors.ts';
import { createKey, keyId, PUBLIC_END, readPublicKey } from '../../reports/certificate/keys.ts';
import { PRINT_CODES, single } from '../shared/options.ts';
import { say } from '../shared/terminal.ts';

interface NewArguments {
  readonly out: string | undefined;
}

const newCommand: CommandModule<object, NewArguments> = {
  command: 'new',
  describe: 'Make an Ed25519 key that signs packages',
  builder: (argv: Argv) =>
    argv
      .option('out', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        coerce: single('out'),
        describe: 'The file of the private key; the public one goes to FILE.pub',
      })
      .epilogue('Exit codes: 0 made, 2 usage, 3 something went wrong.'),
  handler: ({ out }) => {
    if (out === undefined) throw usageError('name the file of the new key with --out');
    const id = createKey(out);
    say(
      `${out}: the private key; keep it, it never leaves this machine`,
      `${out}${PUBLIC_END}: the public key; give it to whoever verifies your packages`,
      `key id ${id}`,
    );
  },
};

interface ShowArguments {
  readonly pub: string;
}

const showCommand: CommandModule<object, ShowArguments> = {
  command: 'show <pub>',
  describe: 'Print the id of a public key',
  builder: (argv: Argv) =>
    argv
      .positional('pub', {
        type: 'string',
        demandOption: true,
        describe: 'The file of a public key',
      })
      .epilogue(PRINT_CODES),
  handler: ({ pub }) => say(keyId(readPublicKey(pub))),
};

/** `allocert key …` */
export const keyCommand: CommandModule = {
  command: 'key',
  describe: 'Make and show keys that sign packages',
  builder: (argv) =>
    argv
      .command(newCommand)
      .command(showCommand)
      .demandCommand(1, 'name what to do: key new or key show'),
  handler: () => {},
};
