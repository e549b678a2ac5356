/** Group `isolation` on the simulator: what a client may see of others. */
import { testGroup } from './group.ts';

testGroup('isolation', { statuses: { 'ISO-07': 'info' } });
