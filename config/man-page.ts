import type { CommandPage, OptionFacts } from './option.ts';

/**
 * The manual page of all commands in the language of man(7), from their definitions.
 *
 * @param version of allocert
 */
export function manPage(pages: readonly CommandPage[], version: string): string {
  const lines = [
    `.TH ALLOCERT 1 "" "allocert ${roff(version)}" "User Commands"`,
    '.SH NAME',
    'allocert \\- certify memory allocators that hand out dma\\-buf file descriptors',
    '.SH SYNOPSIS',
    '.B allocert',
    '.I command',
    '[\\fIarguments\\fR] [\\fB\\-\\-config\\fR \\fIFILE\\fR|\\fB\\-\\-no\\-config\\fR]',
    '.SH DESCRIPTION',
    'allocert checks an implementation of an allocator against the written rules of its ABI, and says',
    'of every rule what was expected, what was observed, and where the rule comes from.',
    '.SH COMMANDS',
    ...pages.filter(isCalled(pages)).flatMap(commandLines),
    '.SH EXIT STATUS',
    ...EXITS.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, meaning]),
    '.SH ENVIRONMENT',
    'Every option can be set by a variable: \\fBALLOCERT_\\fR and the name of the option in',
    'capitals, with \\fB_\\fR for \\fB\\-\\fR.',
    '.SH FILES',
    '.TP',
    '.B allocert.config.json',
    'Options for every command; \\fBallocert config schema\\fR prints its schema.',
    '.SH SEE ALSO',
    'The folder \\fBdocs\\fR of the package.',
  ];
  return `${lines.join('\n')}\n`;
}

/** Those of a run; commands say which of them they have. */
const EXITS: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'Conformant, or done.'],
  ['1', 'Not conformant, or something was found.'],
  ['2', 'The command cannot be carried out as typed.'],
  ['3', 'Incomplete, or the machine could not do it.'],
  ['4', 'Only flaky, where the gate was asked to mind.'],
  ['130, 143', 'Interrupted by SIGINT or SIGTERM.'],
];

/** A command that only holds others is none of its own. */
const isCalled =
  (pages: readonly CommandPage[]) =>
  ({ name }: CommandPage): boolean =>
    !pages.some((other) => other.name.startsWith(`${name} `));

function commandLines({ usage, describe, epilogue, options, required }: CommandPage): string[] {
  const shown = [...required, ...options];
  return [
    `.SS "allocert ${roff(usage)}"`,
    textLine(`${describe}.`),
    ...shown.flatMap((option) => ['.TP', termOf(option), textLine(option.describe)]),
    ...(epilogue === '' ? [] : ['.PP', textLine(epilogue)]),
  ];
}

function termOf({ name, kind, positional }: OptionFacts): string {
  if (positional) return `\\fI${roff(name)}\\fR`;
  const flag = `\\fB${roff(name.length === 1 ? `-${name}` : `--${name}`)}\\fR`;
  const value = roff(name.toUpperCase());
  return kind === 'switch' ? flag : `${flag} \\fI${value}\\fR`;
}

/** Text that the formatter shows as it is. */
const roff = (text: string): string =>
  text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('"', '\\(dq');

/** A line of text, which a dot or a quote at its beginning would make a request. */
const textLine = (text: string): string => {
  const line = roff(text.replaceAll(/\s+/g, ' ').trim());
  return /^[.']/.test(line) ? `\\&${line}` : line;
};
