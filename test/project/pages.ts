/** Blocks and command lines of the pages for people: for the tests of this folder. */
import yargs, { type CommandModule } from 'yargs';
import { FILES, importsOf, textOf } from './sources.ts';

/** README and the pages of docs. */
export const USER_PAGES: readonly string[] = FILES.filter((file) =>
  /^(?:README|docs\/[\w-]+)\.md$/.test(file),
);

/** A block of a page that stands for lines of a terminal or a file. */
export interface Block {
  readonly page: string;
  /** Line of the page at which it begins, counted from 1. */
  readonly line: number;
  /** Its text, without the indentation that makes it a block. */
  readonly text: string;
}

/** The blocks of a page, indented or fenced, in their order. */
export function blocksOf(page: string): Block[] {
  const lines = textOf(page).split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const fence = /^\s*```/.exec(lines[at] ?? '');
    const indented = /^ {4,}\S/.test(lines[at] ?? '') && (lines[at - 1] ?? '').trim() === '';
    if (fence === null && !indented) continue;
    const first = fence === null ? at : at + 1;
    const inside = (line: string | undefined, next: string | undefined): boolean =>
      line !== undefined &&
      (fence === null
        ? /^ {4,}\S/.test(line) || (line.trim() === '' && /^ {4,}\S/.test(next ?? ''))
        : !/^\s*```/.test(line));
    let end = first;
    while (inside(lines[end], lines[end + 1])) end += 1;
    const body = lines.slice(first, end);
    const widths = body.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
    const text = body.map((line) => line.slice(Math.min(...widths))).join('\n');
    blocks.push({ page, line: first + 1, text });
    at = end;
  }
  return blocks;
}

/** What is typed in a block: where it shows a prompt, only the lines behind it. */
export function typedIn({ text }: Pick<Block, 'text'>): string[] {
  const joined = text.replace(/\\\n\s*/g, ' ').split('\n');
  const prompted = joined.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
  return prompted.length > 0 ? prompted : joined;
}

/** Words of a line as a shell takes them, without a comment and redirections. */
function shellWords(line: string): string[] {
  const words = line.replace(/\s[12]?>+ *\S+/g, '').matchAll(/(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g);
  const all = [...words].map(([word]) => word);
  const comment = all.findIndex((word) => word.startsWith('#'));
  return (comment < 0 ? all : all.slice(0, comment)).map((word) => word.replace(/['"]/g, ''));
}

/** Every command line of allocert in a line of a shell: its words behind `allocert`. */
export function commandLinesIn(line: string): string[][] {
  return line.split(/&&|\|\||;| \| /).flatMap((part) => {
    const words = shellWords(part);
    while (/^(?:[A-Z_]+=.*|npx|do|sudo)$/.test(words[0] ?? '')) words.shift();
    return words[0] === 'allocert' && words.length > 1 ? [words.slice(1)] : [];
  });
}

/** Whether words show what can be typed, and not what is. */
export const isSynopsis = (words: readonly string[]): boolean =>
  words.some((word) => /[[\]…]|^[A-Z]{1,}$|\|/.test(word));

/** Each of the lines that a synopsis stands for, without its brackets. */
function spelledOut(words: readonly string[]): string[][] {
  return words.reduce<string[][]>(
    (lines, word) => {
      const bare = word.replace(/[[\]…]/g, '');
      if (bare === '') return lines;
      const choices = /^[a-z|]+$/.test(bare) ? bare.split('|') : [bare];
      return lines.flatMap((line) => choices.map((choice) => [...line, choice]));
    },
    [[]],
  );
}

let modules: Promise<CommandModule[]> | undefined;

/** The commands that `bin` has, without what they do. */
function commandModules(): Promise<CommandModule[]> {
  modules ??= (async () => {
    const files = FILES.filter((file) => /^bin\/[\w-]+\.ts$/.test(file))
      .flatMap(importsOf)
      .map(({ to }) => to)
      .filter((to) => to.startsWith('bin/commands/'));
    const exported = await Promise.all(
      [...new Set(files)].map((file) => import(`../../${file.replace(/\.ts$/, '.js')}`)),
    );
    return exported
      .flatMap((one) => Object.entries(one as Record<string, unknown>))
      .filter(([name]) => name.endsWith('Command'))
      .map(([, one]) => (typeof one === 'function' ? one(() => []) : one) as CommandModule);
  })();
  return modules;
}

class Parsed extends Error {}

/** What the command line says of these words, or undefined where it would carry them out. */
async function complaintOf(words: readonly string[]): Promise<string | undefined> {
  try {
    await yargs([...words])
      .command(await commandModules())
      .option('config', {})
      .middleware(() => {
        throw new Parsed();
      })
      .demandCommand(1)
      .strict()
      .recommendCommands()
      .help(false)
      .version(false)
      .exitProcess(false)
      .showHelpOnFail(false)
      .fail((message, error) => {
        throw error ?? new Error(message);
      })
      .parseAsync();
    return 'it is not a command';
  } catch (thrown) {
    return thrown instanceof Parsed ? undefined : (thrown as Error).message;
  }
}

/**
 * What is wrong with a command line of a page: a command, an option or a value that does not exist.
 * Capitals stand for any value.
 *
 * @param words those behind `allocert`
 * @param isMention whether a sentence names the command and may leave its arguments out
 */
export async function mistakeIn(
  words: readonly string[],
  isMention = false,
): Promise<string | undefined> {
  if (words[0]?.startsWith('-')) return undefined;
  for (const line of isSynopsis(words) ? spelledOut(words) : [words]) {
    const said = await complaintOf(line.map((word) => (word === 'N' ? '1' : word)));
    const ofPlaceholder =
      isSynopsis(words) && line.some((word) => /^[A-Z]{2,}$/.test(word) && said?.includes(word));
    const leftOut = isMention && said?.startsWith('Not enough non-option arguments') === true;
    if (said !== undefined && !ofPlaceholder && !leftOut)
      return `allocert ${line.join(' ')}: ${said}`;
  }
  return undefined;
}
