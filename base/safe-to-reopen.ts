/**
 * Whether a target that a file names may be opened without a person's typing it.
 *
 * A record or a finding may come from another person, and opening its target would run a program or
 * connect to a machine. The simulator does neither: no file, device or network is behind it.
 *
 * @param target URL
 */
export const isSafeToReopen = (target: string): boolean => /^sim:/.test(target);
