/** Group `mapping` on the simulator: what a mapping shows, and what it must not do. */
import { testGroup } from './group.ts';

testGroup('mapping', {
  seenWith: { 'MAP-04': 'access-mode-dropped', 'MAP-05': 'access-mode-dropped' },
});
