import type { Handler } from './kernel-call.ts';

/** The next call of the process: a Program that asks for faults has one thread in it. */
const failnth: Handler = (call) => call.client.faults.arm(call.word('nth'));

/** Allocations of the kernel that fail on purpose. */
export const faultCalls = { failnth } as const satisfies Record<string, Handler>;
