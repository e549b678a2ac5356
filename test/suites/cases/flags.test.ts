/** Group `flags` on the simulator: flags of the new descriptor. */
import { testGroup } from './group.ts';

testGroup('flags');
