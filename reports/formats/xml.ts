import { markupWithoutCommands, visible } from '../../base/clean-text.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
};

const entity = (character: string): string => ENTITIES[character] ?? character;

/**
 * Text between tags. XML 1.0 forbids most controls even as references, and a report must stay
 * readable whatever a target logs, so what is unseen is written as `\uXXXX`.
 */
export const xmlText = (text: string): string =>
  markupWithoutCommands(visible(text).replace(/[&<>]/g, entity));

/** The value of an attribute, without its quotes. */
const attributeText = (text: string): string =>
  markupWithoutCommands(visible(text).replace(/[&<>"\t\n]/g, entity));

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
    .map(([key, value]) => ` ${key}="${attributeText(String(value))}"`);
  return `<${name}${written.join('')}`;
}
