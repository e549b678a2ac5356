/** Group `cma` on the simulator: the memory behind the buffers. */
import { testGroup } from './group.ts';

testGroup('cma', { statuses: { 'CMA-09': 'info' } });
