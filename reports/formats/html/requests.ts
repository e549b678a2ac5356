import { type Operation, type Result, wordOf } from '../../../adapters/contract/index.ts';
import { annotated } from './annotate.ts';
import { html, type Markup } from './escape.ts';
import { valueText } from './operation-text.ts';

/** Different requests of a case or a finding that are shown, the last ones. */
const REQUESTS_MAX = 8;

/** The different requests among operations, field by field as they were sent and came back. */
export function requestTables(
  steps: readonly { readonly operation: Operation; readonly result: Result | undefined }[],
): Markup {
  const tables = new Map<string, Markup>();
  for (const { operation, result } of steps) {
    if (operation.op !== 'ioctl' || operation.argument.bytes.length === 0) continue;
    const { bytes, placement } = operation.argument;
    const out = result?.out ?? new Uint8Array();
    const word = result === undefined ? 'no answer' : wordOf(result);
    const title = html`<p><code>ioctl ${valueText(operation.request)}</code>, argument
${placement?.kind ?? 'plain'}: <b>${word}</b></p>`;
    const table = html`<div class="request">${title}${annotated(bytes, out)}</div>`;
    tables.set(table.text, table);
  }
  const shown = [...tables.values()].slice(-REQUESTS_MAX);
  if (shown.length === 0) return html``;
  const left = tables.size - shown.length;
  const cut = left > 0 ? html`<p class="quiet">${left} others came before.</p>` : '';
  return html`<h3>Requests</h3>${cut}<div class="requests">${shown}</div>`;
}
