import type { Argv, CommandModule } from 'yargs';
import { usageError } from '../../base/errors.ts';
import { VIEWS, verificationExitCode } from '../../certify/verify/view.ts';
import { keyId, readPrivateKey } from '../../reports/certificate/keys.ts';
import { signUnpacked } from '../../reports/certificate/sign-package.ts';
import { single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { say } from '../shared/terminal.ts';
import { NOTHING_ELSE, whileVerified } from '../shared/verify-file.ts';

interface SignArguments {
  readonly package: string;
  readonly key: string | undefined;
  readonly out: string | undefined;
}

/** `allocert sign <package>` */
export const signCommand: CommandModule<object, SignArguments> = {
  command: 'sign <package>',
  describe: 'Verify a certificate package, and add a signature to it',
  builder: (argv: Argv) =>
    argv
      .positional('package', { type: 'string', demandOption: true, describe: 'What certify wrote' })
      .option('key', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        coerce: single('key'),
        describe: 'Private key that signs; allocert key new makes one',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        coerce: single('out'),
        describe: 'Where the signed package goes [default: in the place of the package]',
      })
      .epilogue('Exit codes: 0 signed, 2 usage, 3 refused.'),
  handler: async (given) => conclude(await signed(given)),
};

async function signed({ key: keyFile, out, package: file }: SignArguments): Promise<number> {
  if (keyFile === undefined) throw usageError('name the private key that signs with --key');
  // A key that cannot sign is said before anything is computed.
  const key = readPrivateKey(keyFile);
  return whileVerified({ ...NOTHING_ELSE, package: file, key: [] }, async (verified) => {
    const { folder, keys, verification } = verified;
    const { derived, payload } = verification;
    if (payload === undefined || derived === undefined) {
      const cost = { milliseconds: 0, peakBytes: 0 };
      const view = VIEWS.text(verification, { file, keys, verbose: false }, cost);
      say(...view.trimEnd().split('\n'), 'It is not signed.');
      return verificationExitCode(verification);
    }
    const place = out ?? file;
    const { sha256 } = await signUnpacked({ folder, payload, key, out: place });
    const { result } = derived.conclusion;
    say(`${place}: signed by the key ${keyId(key)}; it says ${result}; SHA-256 ${sha256}`);
    return 0;
  });
}
