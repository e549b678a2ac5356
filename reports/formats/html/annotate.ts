import { type Abi, type AbiField, catalogue } from '../../../catalogue/catalogue.ts';
import { html, type Markup } from './escape.ts';
import { openFlagNames } from './flag-names.ts';

/** A request's bytes field by field, as they were sent and as they came back. */
export function annotated(sent: Uint8Array, back: Uint8Array): Markup {
  const layout = layoutOf(sent);
  const fields = Object.entries(layout?.fields ?? { bytes: { offset: 0, width: sent.length } });
  const rows = fields.map(([name, field]) => {
    const before = fieldText(sent, name, field);
    const whole = back.length >= field.offset + field.width;
    const after = whole ? fieldText(back, name, field) : html``;
    const changed = whole && after.text !== before.text;
    const kind = changed ? 'changed' : '';
    return html`<tr class="${kind}"><td>${field.offset}</td><th scope="row">${name}</th>
<td>${before}</td>
<td>${after}${changed ? html` <b>changed</b>` : ''}</td></tr>`;
  });
  return html`<div class="scroll"><table class="bytes"><caption>Request of ${sent.length} bytes${
    layout === undefined ? '' : `, read as ${layout.name}`
  }</caption><thead><tr><th scope="col">at</th><th scope="col">field</th>
<th scope="col">sent</th><th scope="col">came back</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** The fields of a request, where an ABI has an argument of its size. */
export function fieldsIn(bytes: Uint8Array): { name: string; value: bigint }[] | undefined {
  const layout = layoutOf(bytes);
  if (layout === undefined) return undefined;
  return Object.entries(layout.fields).map(([name, field]) => ({
    name,
    value: numberIn(bytes.subarray(field.offset, field.offset + field.width), field),
  }));
}

const layoutOf = ({ length }: Uint8Array): Abi | undefined =>
  catalogue().abis.find(({ command }) => command.size === length);

function numberIn(part: Uint8Array, { signed }: AbiField): bigint {
  const value = part.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return signed === true ? BigInt.asIntN(part.length * 8, value) : value;
}

/** Bytes as they lie in memory, and what they say. */
function fieldText(bytes: Uint8Array, name: string, field: AbiField): Markup {
  const { offset, width } = field;
  const part = bytes.subarray(offset, offset + width);
  const hex = Buffer.from(part)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  if (part.length > 8 || part.length === 0) return html`<code>${hex}</code>`;
  const value = numberIn(part, field);
  const text = name === 'flags' ? openFlagNames(value) : String(value);
  return html`<code>${hex}</code> <code class="value">= ${text}</code>`;
}
