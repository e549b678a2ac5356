import { definitionsOf, noteText } from './definitions.ts';
import { functionsOf } from './functions-text.ts';
import { headOf } from './head-comment.ts';
import type { Evidence } from './judged-finding.ts';
import { mainText } from './main-text.ts';
import { plotOf } from './program-layout.ts';
import { headersFor, piecesFor } from './snippets/needed-snippets.ts';

/**
 * The whole C file.
 *
 * @throws {@link Unwritable} when an operation has no counterpart in C
 */
export function programText(evidence: Evidence): string {
  const plot = plotOf(evidence);
  const functions = functionsOf(plot);
  const main = mainText(plot);
  const body = [...functions, ...main].join('\n');
  const pieces = piecesFor(body, plot.several);
  const code = [noteText(plot), ...pieces, body].join('\n\n');
  const definitions = definitionsOf(plot, code);
  const includes = headersFor(`${definitions}\n${code}`).map((header) => `#include <${header}>`);
  const parts = [
    headOf(plot).join('\n'),
    ['#define _GNU_SOURCE', ...includes].join('\n'),
    definitions,
    code,
  ];
  return `${parts.join('\n\n')}\n`;
}
