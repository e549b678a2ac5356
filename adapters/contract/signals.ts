/** Signals that Programs send or Histories report, with their numbers on the wire (asm-generic). */
export const SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
} as const;

const NAMES = new Map<number, string>(
  Object.entries(SIGNALS).map(([name, number]) => [number, name]),
);

/** The name of a signal on the wire; real-time and unknown ones as `SIG` and the number. */
export const signalName = (number: number): string => NAMES.get(number) ?? `SIG${number}`;

/** The number of a signal's name, as {@link signalName} gives it. */
export const signalNumber = (name: string): number =>
  SIGNALS[name as keyof typeof SIGNALS] ?? Number(name.slice('SIG'.length));
