/** Group `concurrency` on the simulator: calls at the same time. */
import { testGroup } from './group.ts';

testGroup('concurrency');
