import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program and gives its standard output; replaced in tests. */
export type ProgramRunner = (
  program: string,
  args: readonly string[],
  folder?: string,
) => Promise<string>;

/** Bytes of output: the names of all packages of an archive are a few million. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** The real one. What a program that failed said last is the message. */
export const runProgram: ProgramRunner = async (program, args, folder) => {
  try {
    const { stdout } = await execute(program, [...args], {
      ...(folder === undefined ? {} : { cwd: folder }),
      maxBuffer: OUTPUT_BYTES_MAX,
      env: { ...process.env, LC_ALL: 'C' },
    });
    return stdout;
  } catch (thrown) {
    const said = (thrown as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? '';
    if (said === '') throw thrown;
    throw new Error(`${program}: ${said}`, { cause: thrown });
  }
};

/** Attempts at what a mirror answers: they hiccup. */
const ATTEMPTS = 4;

/** Does it again where it fails; the last failure is the one that is told. */
export async function retried<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (thrown) {
      if (attempt === ATTEMPTS) throw thrown;
    }
  }
}
