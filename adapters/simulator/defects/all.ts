import { BUFFER_DEFECTS } from './buffers.ts';
import type { Defect } from './defect.ts';
import { DEVICE_DEFECTS } from './devices.ts';
import { RACE_DEFECTS } from './races.ts';
import { REQUEST_DEFECTS } from './requests.ts';

/** Every known defect. Most were real ones, of this RFC or of the allocators that came after it. */
export const DEFECTS: readonly Defect[] = [
  ...REQUEST_DEFECTS,
  ...BUFFER_DEFECTS,
  ...DEVICE_DEFECTS,
  ...RACE_DEFECTS,
];
