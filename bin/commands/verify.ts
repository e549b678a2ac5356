import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { usageError } from '../../base/errors.ts';
import { releasedCatalogues } from '../../certify/verify/released.ts';
import { type Verification, verifyPackage } from '../../certify/verify/verify.ts';
import { VIEWS, type ViewName, verificationExitCode } from '../../certify/verify/view.ts';
import { keyId, readPublicKey } from '../../reports/certificate/keys.ts';
import { readPolicy, type TrustedKey } from '../../reports/certificate/read-policy.ts';
import { single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { sayText } from '../shared/terminal.ts';

interface VerifyArguments {
  readonly package: string;
  readonly key: readonly string[];
  readonly policy: string | undefined;
  readonly challenge: string | undefined;
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
      .option('key', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as readonly string[],
        describe: 'Public key of which one must have signed',
      })
      .option('policy', {
        type: 'string',
        requiresArg: true,
        coerce: single('policy'),
        describe: 'File that says which keys are trusted, and what a package must have',
      })
      .option('challenge', {
        type: 'string',
        requiresArg: true,
        coerce: single('challenge'),
        describe: 'What was sent to the vendor',
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

/** A key that the command line names; nothing says whose it is. */
function keyOf(file: string): TrustedKey {
  const key = readPublicKey(file);
  return { name: file, role: undefined, id: keyId(key), key };
}

async function verified(given: VerifyArguments): Promise<number> {
  const { challenge, format, verbose } = given;
  if (!Object.hasOwn(VIEWS, format)) {
    throw usageError(`--format takes ${Object.keys(VIEWS).join(', ')}, not "${format}"`);
  }
  const policy = given.policy === undefined ? undefined : readPolicy(given.policy);
  const trusted = [...(policy?.keys ?? []), ...given.key.map(keyOf)];
  const scratch = mkdtempSync(join(tmpdir(), 'allocert-verify-'));
  const started = performance.now();
  try {
    const now = new Date();
    const released = releasedCatalogues();
    const request = { file: given.package, scratch, trusted, policy, challenge, now, released };
    const verification: Verification = await verifyPackage(request);
    const cost = {
      milliseconds: Math.round(performance.now() - started),
      peakBytes: process.resourceUsage().maxRSS * 1024,
    };
    const asked = { file: given.package, keys: trusted.length, verbose };
    sayText(VIEWS[format as ViewName](verification, asked, cost), process.stdout);
    return verificationExitCode(verification);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
