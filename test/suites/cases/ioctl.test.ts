/** Group `ioctl` on the simulator: the number of the command, and what it returns. */
import { testGroup } from './group.ts';

testGroup('ioctl', { statuses: { 'IOC-07': 'skip' } });
