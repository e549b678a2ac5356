import { usageError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';

/** What has ids: those of requirements and of cases, and groups of requirements. */
export interface Names {
  readonly ids: readonly string[];
  readonly groups: readonly string[];
}

/**
 * The ids and groups that a word stands for, in letters of any size: an id or a group as a whole, a
 * pattern in which `*` stands for any characters and `?` for one, or the beginning of ids. What fits
 * as a whole is not taken for a beginning: `ISO-01/many` does not stand for `ISO-01/many-threads`.
 */
export function namedBy(word: string, { ids, groups }: Names): readonly string[] {
  const asked = word.toLowerCase();
  const whole = [...ids, ...groups].filter((name) => name.toLowerCase() === asked);
  if (whole.length > 0) return whole;
  if (/[*?]/.test(word)) {
    return [...ids, ...groups].filter((name) => fits(name.toLowerCase(), asked));
  }
  return ids.filter((id) => id.toLowerCase().startsWith(asked));
}

/** Whether a pattern covers a whole name, in time that grows with the product of their lengths. */
function fits(name: string, pattern: string): boolean {
  let [at, place] = [0, 0];
  let star: { readonly at: number; place: number } | undefined;
  while (place < name.length) {
    if (pattern[at] === '*') {
      star = { at, place };
      at += 1;
    } else if (pattern[at] === '?' || pattern[at] === name[place]) {
      at += 1;
      place += 1;
    } else if (star !== undefined) {
      // The last star takes one character more.
      star.place += 1;
      [at, place] = [star.at + 1, star.place];
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}

/**
 * Refuses a word that stands for nothing.
 *
 * @throws {@link AllocertError} (usage) that suggests what was most likely meant
 */
export function refuseUnnamed(word: string, { ids, groups }: Names): never {
  const near = nearest(word.toUpperCase(), ids) ?? nearest(word.toLowerCase(), groups);
  const hint = near === undefined ? 'see allocert list' : `did you mean ${near}?`;
  throw usageError(`there is no requirement or case "${word}"; ${hint}`);
}
