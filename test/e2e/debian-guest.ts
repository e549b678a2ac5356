import { prepareVm } from '../../adapters/vm/adapter.ts';
import { AllocertError } from '../../base/errors.ts';

/**
 * Makes Debian's stock kernel ready, as options of a test that boots it: skipped with the reason
 * where this machine cannot have it, but for CI, which must.
 */
export async function debianGuest(): Promise<{ readonly skip?: string }> {
  try {
    await prepareVm('debian', () => {});
    return {};
  } catch (thrown) {
    if (!(thrown instanceof AllocertError) || process.env.CI !== undefined) throw thrown;
    return { skip: thrown.message };
  }
}
