/** Group `descriptors` on the simulator: the file behind a new descriptor. */
import { testGroup } from './group.ts';

testGroup('descriptors', { seenWith: { 'FD-06': 'cloexec-ignored' } });
