/**
 * The longest text that enters a journal, in UTF-16 units: a page of a kernel's log fits, and every
 * reader of every report takes it. What a target, an adapter or a kernel says may be of any length.
 */
export const TEXT_MAX = 8192;

/** The most lines of a kernel's log that enter it with one answer. */
export const LOG_LINES_MAX = 2000;

const NOTICE = /… \[cut here, where \d+ more characters stood\]$/;
const NOTICE_MAX = 60;

/**
 * A text as it enters a journal: its beginning, and how much is missing, where it is too long. What
 * was cut already stays as it is, so that a replay says the same as its run.
 *
 * @param hide takes the secrets out of it, also out of those that the cut would halve
 */
export function cutText(text: string, hide: (text: string) => string): string {
  if (text.length <= TEXT_MAX) return hide(text);
  const wasCut = text.length <= TEXT_MAX + NOTICE_MAX && NOTICE.test(text.slice(-NOTICE_MAX));
  if (wasCut) return hide(text);
  const begin = hide(text.slice(0, 2 * TEXT_MAX)).slice(0, TEXT_MAX);
  // Half of a pair of surrogates would be no character.
  const whole = begin.replace(/[\ud800-\udbff]$/, '');
  return `${whole} … [cut here, where ${text.length - whole.length} more characters stood]`;
}

/** Every text of a journal's line goes through such a function: see {@link cutText}. */
export const entering =
  (hide: (text: string) => string) =>
  (text: string): string =>
    cutText(text, hide);

/** Lines of a log as they enter a journal, of which the last one says how many are missing. */
export function cutLog(
  lines: readonly string[],
  hide: (text: string) => string,
): readonly string[] {
  const missing = lines.length - LOG_LINES_MAX;
  if (missing <= 0) return lines.map(hide);
  const last = `… [cut here, where ${missing} more lines stood]`;
  return [...lines.slice(0, LOG_LINES_MAX).map(hide), last];
}
