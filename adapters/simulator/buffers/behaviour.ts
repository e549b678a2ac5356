/** The two allocators: one as kernel guidance asks, one with the faults of the posted code. */
export const BEHAVIOURS = ['hardened', 'rfc-v2'] as const;

/** One of {@link BEHAVIOURS}. */
export type Behaviour = (typeof BEHAVIOURS)[number];
