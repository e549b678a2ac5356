/** A count with its noun, in the plural where there is not exactly one: `1 round`, `2 rounds`. */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;
