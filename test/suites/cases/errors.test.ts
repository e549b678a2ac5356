/** Group `errors` on the simulator: error codes, and what a failure leaves behind. */
import { testGroup } from './group.ts';

testGroup('errors', { statuses: { 'ERR-11': 'info' } });
