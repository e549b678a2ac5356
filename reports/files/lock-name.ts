/** The file in a folder that names its writer. */
export const LOCK_FILE = '.allocert-lock';

/** Whether a name in a folder belongs to its lock, which makes no folder somebody's. */
export const isLockName = (name: string): boolean => name.startsWith(LOCK_FILE);
