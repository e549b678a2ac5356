import type { ErrnoName } from '../../contract/errno.ts';

/**
 * Whether a kernel function failed. They return what they made or the name of an errno, as the
 * kernel's own return a pointer or a negative number; nothing is thrown on the way.
 */
export const failed = (outcome: unknown): outcome is ErrnoName => typeof outcome === 'string';
