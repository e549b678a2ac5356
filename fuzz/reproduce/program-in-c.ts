import { definitionsOf, noteText } from './definitions.ts';
import { functionsOf } from './functions-text.ts';
import { headComment } from './head-comment.ts';
import type { JudgedFinding } from './judged-finding.ts';
import { mainText } from './main-text.ts';
import { layoutProgram } from './program-layout.ts';
import { headersFor, snippetsFor } from './snippets/needed-snippets.ts';

/**
 * The whole C file.
 *
 * @throws {@link Unwritable} when an operation has no counterpart in C
 */
export function programInC(evidence: JudgedFinding): string {
  const layout = layoutProgram(evidence);
  const functions = functionsOf(layout);
  const main = mainText(layout);
  const body = [...functions, ...main].join('\n');
  const pieces = snippetsFor(body, layout.several);
  const code = [noteText(layout), ...pieces, body].join('\n\n');
  const definitions = definitionsOf(layout, code);
  const includes = headersFor(`${definitions}\n${code}`).map((header) => `#include <${header}>`);
  const parts = [
    headComment(layout).join('\n'),
    ['#define _GNU_SOURCE', ...includes].join('\n'),
    definitions,
    code,
  ];
  return `${parts.join('\n\n')}\n`;
}
