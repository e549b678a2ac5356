/**
 * Targets made of a few functions; what `import 'allocert/syscalls'` gives an adapter's author
 * (docs/writing-an-adapter.md). Processes, mappings and time are seen to here, on the interpreter.
 * Imports `contract/`, `interpreter/` and `base/`.
 *
 * Start with `calls.ts` for what an author writes, then `call.ts`, which makes one call.
 *
 * @packageDocumentation
 */
export { adapterFromSyscalls } from './adapter.ts';
export type {
  CallAnswer,
  CallArguments,
  CallName,
  Calls,
  Machine,
  Mapped,
  SyscallTarget,
} from './calls.ts';
export { Descriptors } from './descriptors.ts';
