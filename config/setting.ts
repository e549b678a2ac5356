import type { OptionValue } from './option.ts';

/** An option that is set elsewhere than on the command line. */
export interface Setting {
  readonly option: string;
  readonly value: OptionValue;
  readonly origin: Origin;
}

/** Where a setting comes from. */
export interface Origin {
  readonly kind: 'environment' | 'file';
  /** `ALLOCERT_PROFILE`, or `allocert.config.json: /run/profile`. */
  readonly place: string;
}
