import type { Handler } from './kernel-call.ts';

/** The next call of the thread. */
const failnth: Handler = (call) => call.faults.arm(call.word('nth'));

/** Allocations of the kernel that fail on purpose. */
export const faultCalls = { failnth } as const satisfies Record<string, Handler>;
