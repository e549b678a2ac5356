import { usageError } from '../base/errors.ts';

/**
 * Makes sure that clients elsewhere may be served the target.
 *
 * @throws {@link AllocertError} (usage) for one that could not answer them, or would let them reach
 * the process that serves
 */
export async function requireServable(url: string): Promise<void> {
  if (url.startsWith('replay:')) {
    throw usageError(
      `${url} cannot be served: a recording answers only what was asked word for word; ` +
        'copy its directory to the client and run it there',
    );
  }
  if (!url.startsWith('native:')) return;
  const { parseNativeTarget } = await import('./native/target-url.ts');
  const { mode, confined } = parseNativeTarget(url);
  if (mode === 'in-process') {
    throw usageError(
      `${url} cannot be served: its clients come from the process that serves, and are not kept ` +
        'apart from it; leave out mode=in-process',
    );
  }
  if (!confined) {
    throw usageError(
      `${url} cannot be served: its clients could do what the daemon may; leave out confine=no`,
    );
  }
}
