import { jsonText } from '../../base/clean-text.ts';

/** A value as JSON on one line, with a blank inside of brackets and after commas. */
export function shownOnLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shownOnLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return jsonText(value);
  const members = Object.entries(value).map(([name, one]) => member(name, one).join(''));
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** A member of an object, as its line. */
export const member = (name: string, value: unknown): readonly string[] => [
  `${jsonText(name)}: ${shownOnLine(value)}`,
];

/** The lines of members or items, the last of each of which is its value: commas between them. */
export const entries = (items: readonly (readonly string[])[]): readonly string[] =>
  items.flatMap((lines, at) => {
    const comma = at < items.length - 1 ? ',' : '';
    return lines.map((line, index) => `  ${line}${index === lines.length - 1 ? comma : ''}`);
  });
