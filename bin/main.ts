import { packageVersion } from '../base/package-root.ts';
import { hasVariables } from '../config/environment.ts';
import { findConfig } from '../config/file.ts';
import { LISTED_COMMANDS, loadNamed } from './command-table.ts';
import { HELP_COLUMNS_MIN, helpPage } from './help-page.ts';
import { failureCode } from './shared/failure-code.ts';
import { conclude } from './shared/own-exit.ts';
import { helpColumns, say } from './shared/terminal.ts';

/** Commands that tell something of ids and are mostly given nothing else, and how many at least. */
const OF_IDS: Readonly<Record<string, number>> = { list: 0, explain: 1 };

/** A word that is an id or names some, and neither an option nor in need of a closer look. */
const ID = /^\w[\w*?/,-]*$/;

/**
 * Answers a command line, and concludes with its exit code. What needs no parser is answered
 * without one: loading it takes as long as Node takes to start.
 *
 * @param argv arguments without the interpreter and the script
 */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    const [word = '', ...ids] = argv;
    const lines = argv.length === 1 ? answerTo(word) : undefined;
    if (lines !== undefined) {
      say(...lines);
      conclude(0);
    } else if (isOfIds(word, ids)) {
      const command = await loadNamed(word);
      await command.handler({ _: [], $0: 'allocert', ids, json: false });
      conclude(0);
    } else {
      await (await import('./command-line.ts')).runCommandLine(argv);
    }
  } catch (thrown) {
    conclude(failureCode(thrown));
  }
}

function answerTo(word: string): readonly string[] | undefined {
  if (word === '--version') return [packageVersion()];
  const columns = helpColumns();
  if ((word !== '--help' && word !== '-h') || columns < HELP_COLUMNS_MIN) return undefined;
  return helpPage(LISTED_COMMANDS, columns);
}

/** Whether a line has ids alone, and no file and no variable can add options to it. */
const isOfIds = (word: string, ids: readonly string[]): boolean =>
  Object.hasOwn(OF_IDS, word) &&
  ids.length >= (OF_IDS[word] ?? 0) &&
  ids.every((one) => ID.test(one)) &&
  !hasVariables(process.env) &&
  findConfig(process.cwd()) === undefined;
