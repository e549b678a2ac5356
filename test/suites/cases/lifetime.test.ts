/** Group `lifetime` on the simulator: close frees, and nothing else does. */
import { testGroup } from './group.ts';

testGroup('lifetime');
