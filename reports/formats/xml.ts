/** XML 1.0 forbids these even as references; a report must stay readable whatever a target logs. */
const ILLEGAL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

const entity = (character: string): string => ENTITIES[character] ?? character;

/** Characters that XML cannot hold, written as `\uXXXX`. */
const legal = (text: string): string =>
  text.replace(ILLEGAL, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Text between tags. */
export const xmlText = (text: string): string => legal(text).replace(/[&<>\r]/g, entity);

/** Attributes of an element; undefined ones are left out. */
export type XmlAttributes = Readonly<Record<string, string | number | undefined>>;

/** An element; `body` is XML already. */
export function xmlElement(name: string, attributes: XmlAttributes, body?: string): string {
  const head = headOf(name, attributes);
  return body === undefined || body === '' ? `${head}/>` : `${head}>${body}${xmlClose(name)}`;
}

/** The opening tag of an element that is written piece by piece. */
export const xmlOpen = (name: string, attributes: XmlAttributes): string =>
  `${headOf(name, attributes)}>`;

/** Its closing tag. */
export const xmlClose = (name: string): string => `</${name}>`;

function headOf(name: string, attributes: XmlAttributes): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${legal(String(value)).replace(/[&<>"\t\n\r]/g, entity)}"`);
  return `<${name}${written.join('')}`;
}
