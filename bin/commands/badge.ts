import { resolve } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { unreadable, usageError } from '../../base/errors.ts';
import { verificationExitCode } from '../../certify/verify/view.ts';
import { badgeSvg, badgeText } from '../../reports/certificate/badge.ts';
import { putFile } from '../../reports/files/new-file.ts';
import { single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { say } from '../shared/terminal.ts';
import { type VerifyFileArguments, verifyOptions, whileVerified } from '../shared/verify-file.ts';

interface BadgeArguments extends VerifyFileArguments {
  readonly out: string | undefined;
}

/** `allocert badge <package>` */
export const badgeCommand: CommandModule<object, BadgeArguments> = {
  command: 'badge <package>',
  describe: 'Verify a certificate package, and draw what came of it',
  builder: (argv: Argv) =>
    argv
      .positional('package', { type: 'string', demandOption: true, describe: 'What certify wrote' })
      .options(verifyOptions)
      .option('out', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        coerce: single('out'),
        describe: 'The SVG file to write',
      })
      .epilogue('Exit codes: 0 certified, 1 genuine and not certified, 2 usage, 3 refused.'),
  handler: async (given) => conclude(await drawn(given)),
};

async function drawn(given: BadgeArguments): Promise<number> {
  const { out } = given;
  if (out === undefined) throw usageError('name the SVG file with --out');
  return whileVerified(given, ({ verification }) => {
    const { head, signers, verdict } = verification;
    const facts = {
      isCertified: verdict === 'certified',
      profile: head?.profile,
      allocert: head?.allocert,
      strength: signers?.strength,
    };
    put(out, badgeSvg(facts));
    const reasons = verification.refusals.map(({ sentence }) => sentence);
    say(`${out}: ${badgeText(facts)}`, ...reasons);
    return verificationExitCode(verification);
  });
}

function put(file: string, svg: string): void {
  try {
    putFile(resolve(file), svg);
  } catch (thrown) {
    const reason = unreadable(thrown);
    if (reason === undefined) throw thrown;
    throw usageError(`cannot write ${file}, ${reason}; name another file with --out`);
  }
}
