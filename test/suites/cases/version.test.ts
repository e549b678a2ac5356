/** Group `version` on the simulator: the version and the reserved fields. */
import { testGroup } from './group.ts';

testGroup('version');
