/**
 * Whether a target is in this process alone: no file, device or network is behind it.
 *
 * What a record or a finding names may come from somebody else, and opening it would run it or
 * connect to it. Only such a target is opened without a person's typing it.
 *
 * @param target URL
 */
export const isInProcess = (target: string): boolean => /^sim:/.test(target);
