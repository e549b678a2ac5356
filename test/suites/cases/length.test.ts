/** Group `length` on the simulator: length, rounding, limits. */
import { testGroup } from './group.ts';

testGroup('length');
