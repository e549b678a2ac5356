/**
 * Failures that are no verdict: what the user typed cannot be done, or the machine cannot do
 * it. Each carries one plain sentence that says what is wrong and what to do next.
 */

/** Whose turn it is to act: the user's (`usage`, exit code 2) or the machine's (`machine`, exit code 3). */
export type Blame = 'usage' | 'machine';

/**
 * An error with a sentence fit for a terminal. The command line prints `message` alone, never a
 * stack, and exits with {@link AllocertError.exitCode}.
 */
export class AllocertError extends Error {
  readonly blame: Blame;

  constructor(blame: Blame, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AllocertError';
    this.blame = blame;
  }

  /** 2 for what the user typed, 3 for what the machine could not do. */
  get exitCode(): 2 | 3 {
    return this.blame === 'usage' ? 2 : 3;
  }
}

/** The user asked for something that does not exist or contradicts itself. */
export const usageError = (message: string): AllocertError => new AllocertError('usage', message);

/** The request was sound, but this machine or target could not carry it out. */
export const machineError = (message: string, cause?: unknown): AllocertError =>
  new AllocertError('machine', message, cause === undefined ? undefined : { cause });

/** The message of anything thrown, for sentences that quote a lower layer. */
export function messageOf(thrown: unknown): string {
  try {
    // Code of others may throw anything, and may put anything into an error.
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'what was thrown cannot be shown as text';
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a directory',
  ELOOP: 'its links lead to themselves',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of the path is a file, not a directory',
};

/** Why a file cannot be read, in words; undefined for what is no error of the system. */
export function unreadable(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error && 'code' in thrown)) return undefined;
  const code = String(thrown.code);
  return REASONS[code] ?? code;
}
