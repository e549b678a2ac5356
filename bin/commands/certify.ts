import { mkdtempSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { openTarget } from '../../adapters/open-target.ts';
import { unreadable, usageError } from '../../base/errors.ts';
import { packageVersion } from '../../base/package-root.ts';
import { readJson } from '../../base/read-json.ts';
import { certify, checkCertifyRequest } from '../../certify/make/certify.ts';
import { type Packed, packRecording } from '../../certify/make/pack.ts';
import { removeRecording } from '../../certify/make/record.ts';
import { refuseModified, toolState } from '../../certify/make/tool-state.ts';
import { PUBLISHED_TERMS } from '../../certify/plan/terms.ts';
import { readStatement } from '../../certify/statement/read-statement.ts';
import { readPrivateKey } from '../../reports/certificate/keys.ts';
import { dayOf, readWaivers } from '../../reports/gate/read-waivers.ts';
import { endOf } from '../../reports/gate/waiver-end.ts';
import { environmentFacts } from '../../reports/record/environment.ts';
import { CertifyProgress } from '../shared/certify-progress.ts';
import { Interrupt } from '../shared/interrupt.ts';
import { countOption, single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { complain, say } from '../shared/terminal.ts';

interface CertifyArguments {
  readonly target: string | undefined;
  readonly statement: string | undefined;
  readonly out: string | undefined;
  readonly challenge: string | undefined;
  readonly 'fuzz-rounds': number | undefined;
  readonly waivers: string | undefined;
  readonly qualification: string | undefined;
  readonly key: readonly string[];
  readonly recording: string | undefined;
  readonly 'allow-modified-tool': boolean;
}

/** The package where no other name is given. */
const PACKAGE = 'allocert-certificate.tar.gz';

const text = (option: string, describe: string) =>
  ({ type: 'string', requiresArg: true, coerce: single(option), describe }) as const;

/** `allocert certify [target]` */
export const certifyCommand: CommandModule<object, CertifyArguments> = {
  command: 'certify [target]',
  describe: 'Run the plan of a certificate on a target, and write the package that proves it',
  builder: (argv: Argv) =>
    argv
      .positional('target', {
        type: 'string',
        describe: 'Target URL; left out, --recording is packed again',
      })
      .option('statement', text('statement', 'What the vendor claims; allocert statement init'))
      .option('out', text('out', `The package to write [default: ${PACKAGE}]`))
      .option('challenge', text('challenge', 'What the certifier sent, to seed order and fuzzing'))
      .option('fuzz-rounds', {
        type: 'string',
        requiresArg: true,
        coerce: countOption('fuzz-rounds'),
        describe: `Rounds of the campaign [default and least: ${PUBLISHED_TERMS.fuzzRoundsMin}]`,
      })
      .option('waivers', text('waivers', 'Faults that are let pass, by name and for a time'))
      .option('qualification', text('qualification', 'kill-matrix.json of allocert qualify'))
      .option('key', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as readonly string[],
        describe: 'Private key that signs the package; allocert key new makes one',
      })
      .option('recording', text('recording', 'Keep in this folder what the package is made of'))
      .option('allow-modified-tool', {
        type: 'boolean',
        default: false,
        describe: 'Go on with a modified allocert; verify refuses the package',
      })
      .epilogue(
        'Exit codes: 0 certified, 1 not (the package says why), 2 usage, 3 incomplete, ' +
          'or allocert is modified.',
      ),
  handler: async (given) => conclude(await certified(given)),
};

async function certified(given: CertifyArguments): Promise<number> {
  const { out = PACKAGE, recording: kept, target } = given;
  const keys = given.key.map(readPrivateKey);
  if (target === undefined && kept === undefined) {
    throw usageError('name a target, or with --recording the folder to pack again');
  }
  if (target === undefined) refuseOptionsOfRuns(given);
  const scratch = scratchBeside(out);
  try {
    const recording = kept ?? join(scratch, 'recording');
    if (target !== undefined) {
      const code = await recorded(given, target, recording);
      if (code !== undefined) return code;
    }
    const epoch = process.env.SOURCE_DATE_EPOCH;
    const packed = await packRecording({
      recording,
      scratch: join(scratch, 'bag'),
      out,
      keys,
      epoch,
    });
    return told(packed, out, keys.length > 0);
  } finally {
    removeRecording(scratch);
  }
}

/** What excuses nothing any more is said before the runs, and not after them. */
function refuseEndedWaivers(file: string | undefined): void {
  if (file === undefined) return;
  const facts = { today: dayOf(new Date()), allocert: packageVersion() };
  for (const waiver of readWaivers(file)) {
    const end = endOf(waiver, facts);
    if (end === undefined) continue;
    throw usageError(`the waiver of ${waiver.id} in ${file} ${end}; renew it or leave it out`);
  }
}

/** A recording is packed as it was run. */
function refuseOptionsOfRuns(given: CertifyArguments): void {
  const { challenge, qualification, statement, waivers, 'fuzz-rounds': rounds } = given;
  const asked = { statement, challenge, waivers, qualification, 'fuzz-rounds': rounds };
  const [first] = Object.entries(asked).filter(([, value]) => value !== undefined);
  if (first === undefined) return;
  throw usageError(
    `a recording is packed as it was run, and --${first[0]} belongs to the run; leave it out, or ` +
      'name a target',
  );
}

/** A folder on the disk of the package, of which nothing is left afterwards. */
function scratchBeside(out: string): string {
  try {
    return mkdtempSync(join(dirname(resolve(out)), '.allocert-certify-'));
  } catch (thrown) {
    const reason = unreadable(thrown);
    if (reason === undefined) throw thrown;
    throw usageError(`cannot write beside ${out}, ${reason}; name another file with --out`);
  }
}

/** @returns the exit code of what interrupted it; undefined when it came to its end */
async function recorded(
  given: CertifyArguments,
  target: string,
  recording: string,
): Promise<number | undefined> {
  const { statement: file } = given;
  if (file === undefined) {
    throw usageError('give --statement FILE; allocert statement init TARGET drafts one');
  }
  const statement = await readStatement(file);
  refuseEndedWaivers(given.waivers);
  const tool = await toolState();
  if (!given['allow-modified-tool']) refuseModified(tool);
  if (tool.modified !== '') complain(`the package will not verify: ${tool.modified}`);
  const read = (path: string | undefined): unknown =>
    path === undefined ? undefined : readJson(path, 'name another file');
  const request = {
    ...{ target, recording, tool, given: statement, challenge: given.challenge },
    openTarget: () => openTarget(target),
    rounds: given['fuzz-rounds'],
    waivers: read(given.waivers),
    qualification: read(given.qualification),
    environment: environmentFacts(hideBin(process.argv)),
  };
  checkCertifyRequest(request);
  const interrupt = new Interrupt();
  const progress = new CertifyProgress();
  try {
    await certify(request, interrupt, progress.listener);
  } catch (thrown) {
    const { received } = interrupt;
    if (received === undefined) throw thrown;
    complain(
      `interrupted by ${received.name}; there is no package; to certify, run the same command again`,
    );
    return received.exitCode;
  } finally {
    progress.stop();
    interrupt.dispose();
  }
  return undefined;
}

function told({ bytes, conclusion, sha256 }: Packed, out: string, isSigned: boolean): number {
  const { failed, passed, reasons, result, unobserved, warned } = conclusion;
  for (const reason of reasons) say(`NOT CERTIFIED  ${reason}`);
  for (const { note, requirement } of conclusion.deviations)
    say(`DEVIATION  ${requirement}: ${note}`);
  for (const { id, owner, reason } of conclusion.waived) say(`WAIVED  ${id}: ${reason} (${owner})`);
  say(
    `${passed.length} requirements passed, ${warned.length} warned, ${failed.length} failed; ` +
      `${unobserved.length} MUSTs were not observed`,
  );
  say(`${result === 'FAILED' ? 'Not certified' : 'Certified'}: ${result}.`);
  const signed = isSigned ? '' : '; sign it with allocert sign';
  say(`The package is ${out} (${bytes} bytes unpacked, SHA-256 ${sha256})${signed}.`);
  return result === 'FAILED' ? 1 : 0;
}
