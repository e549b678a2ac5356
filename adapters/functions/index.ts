/** Targets made of a few functions; what `import 'allocert/syscalls'` gives an adapter's author. */
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
