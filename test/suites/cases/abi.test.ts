/** Group `abi` on the simulator: size and layout of the argument. */
import { testGroup } from './group.ts';

testGroup('abi', {
  statuses: { 'ABI-02': 'skip' },
  seenWith: { 'ABI-04': 'argument-over-written' },
});
