/**
 * 32-bit programs on a 64-bit kernel. Their ioctls reach a driver by a function of their own
 * (compat_ioctl), where it has one, so that its mistakes there are theirs alone.
 * Source: Documentation/driver-api/ioctl.rst, 32-bit compat mode.
 */
import type { DefectSet } from '../defects/defect.ts';
import type { Behaviour } from '../options.ts';

/** The file operations of RFC v2 1/2, sa_fops, have no compat_ioctl. */
export const lacksCompatIoctl = (device: {
  readonly behaviour: Behaviour;
  readonly defects: DefectSet;
}): boolean => device.behaviour === 'rfc-v2' || device.defects.has('no-compat-ioctl');

/** Defects of the function that 32-bit programs call, and those that it has anyway. */
const ONLY_COMPAT: Readonly<Record<string, string>> = {
  'compat-argument-short': 'argument-under-read',
  'compat-length-32': 'length-cut-to-32',
};

/** The defects that a 32-bit program meets. */
export function compatDefects(defects: DefectSet): DefectSet {
  const added = Object.entries(ONLY_COMPAT).filter(([name]) => defects.has(name));
  return new Set([...defects, ...added.map(([, met]) => met)]);
}
