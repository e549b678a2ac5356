/** Group `devices` on the simulator: the device nodes. */
import { testGroup } from './group.ts';

testGroup('devices', { statuses: { 'DEV-09': 'info', 'DEV-10': 'info' } });
