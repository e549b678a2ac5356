import type { Argv, CommandModule } from 'yargs';
import { usageError } from '../../base/errors.ts';
import { derivedFrom } from '../../certify/verify/derived-from.ts';
import type { Verification } from '../../certify/verify/verify.ts';
import { VIEWS, type ViewName, verificationExitCode } from '../../certify/verify/view.ts';
import { single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { sayText } from '../shared/terminal.ts';
import {
  NOTHING_ELSE,
  type VerifyFileArguments,
  verifyOptions,
  whileVerified,
} from '../shared/verify-file.ts';

interface VerifyArguments extends VerifyFileArguments {
  readonly base: string | undefined;
  readonly format: string;
  readonly verbose: boolean;
}

/** `allocert verify <package>` */
export const verifyCommand: CommandModule<object, VerifyArguments> = {
  command: 'verify <package>',
  describe: 'Verify a certificate package without its target, by computing everything again',
  builder: (argv: Argv) =>
    argv
      .positional('package', { type: 'string', demandOption: true, describe: 'What certify wrote' })
      .options(verifyOptions)
      .option('base', {
        type: 'string',
        requiresArg: true,
        coerce: single('base'),
        describe: 'Package of the product that this one derives from; say what differs',
      })
      .option('format', {
        type: 'string',
        requiresArg: true,
        default: 'text',
        coerce: (value: string | readonly string[]) => single('format')(value) ?? 'text',
        describe: `One of ${Object.keys(VIEWS).join(', ')}`,
      })
      .option('verbose', {
        type: 'boolean',
        default: false,
        describe: 'Also say how much was computed, and what that took',
      })
      .epilogue('Exit codes: 0 certified, 1 genuine and not certified, 2 usage, 3 refused.'),
  handler: async (given) => conclude(await verified(given)),
};

async function verified(given: VerifyArguments): Promise<number> {
  const { base, format, verbose } = given;
  if (!Object.hasOwn(VIEWS, format)) {
    throw usageError(`--format takes ${Object.keys(VIEWS).join(', ')}, not "${format}"`);
  }
  const started = performance.now();
  return whileVerified(given, async ({ keys, verification: own }) => {
    const verification = base === undefined ? own : await heldAgainst(own, base, given.key);
    const cost = {
      milliseconds: Math.round(performance.now() - started),
      peakBytes: process.resourceUsage().maxRSS * 1024,
    };
    const asked = { file: given.package, challenge: given.challenge, keys, verbose };
    sayText(VIEWS[format as ViewName](verification, asked, cost));
    return verificationExitCode(verification);
  });
}

/** What differs from the product that it derives from, whose package the same keys must sign. */
const heldAgainst = (
  own: Verification,
  base: string,
  key: readonly string[],
): Promise<Verification> =>
  whileVerified({ ...NOTHING_ELSE, package: base, key }, ({ verification }) =>
    derivedFrom(own, verification, base),
  );
