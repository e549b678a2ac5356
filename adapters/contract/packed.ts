/**
 * Programs and Histories in packed form: rows of 32-bit words instead of objects. They are what
 * threads of one machine run at full speed on one shared region; everything else runs a Program. A
 * packed operation is one that a Program has, too, with slots that are small numbers.
 */

/** What an operation does; its row in a packed Program begins with it. */
export const PACKED = {
  /** Asks for a buffer of `value` pages and keeps its descriptor in a slot. */
  allocate: 1,
  /** dup(2) of a slot's descriptor into slot `value`. */
  duplicate: 2,
  /** close(2) of a slot's descriptor. */
  close: 3,
  /** Fills every page of a slot's buffer with `value`. */
  stamp: 4,
  /** Looks for the first page of a slot's buffer that is not filled with `value`. */
  check: 5,
} as const;

/** Words of an operation in a packed Program: kind, slot, value. */
export const OPERATION_WORDS = 3;

/**
 * Words of a result in a packed History: errno (0 for success, by the numbers of {@link ERRNO}, or
 * {@link NOT_RUN}), value, page, call, return.
 *
 * - `allocate`: value is the descriptor, page the first page of the buffer in its region;
 * - `duplicate`: value is the new descriptor;
 * - `check`: page is the index of the first page that differs, or -1, and value what it is filled
 *   with.
 *
 * Call and return are tickets, later ones greater. The return of one operation may be the call of
 * the same thread's next; otherwise no two are alike among all threads.
 */
export const RESULT_WORDS = 5;

/** In place of an errno: the slot was empty, because what should have filled it had failed. */
export const NOT_RUN = -1;

/** How many slots a packed Program has. */
export const PACKED_SLOTS = 64;

/** The lowest descriptor that a new client has free: standard streams and the device are there. */
export const FIRST_DESCRIPTOR = 4;

/** Where things lie at the beginning of a shared memory, in 32-bit words a cache line apart. */
export const HEAD = {
  /** The next ticket. */
  clock: 0,
  /** Threads that have come to the place where they wait for each other. */
  arrived: 16,
  /** Not zero once a thread is lost: nobody waits for anybody any more. */
  aborted: 32,
  /** Where the target's own words begin. */
  target: 48,
} as const;

/** A target that threads can use together, each as a client of its own. */
export interface PackedTarget {
  /** Pages of the region. */
  readonly pages: number;
  /** The largest order to which buffers are aligned; 0 for none. */
  readonly orderMax: number;
  /** 32-bit words of shared memory that it needs, its {@link HEAD} included. */
  readonly words: number;
  /** Makes memory a region that nobody has used. One thread does, before any joins. */
  format(memory: Int32Array): void;
  /** A new client on a region that was formatted. */
  join(memory: Int32Array): PackedClient;
}

/** One thread's client. */
export interface PackedClient {
  /** Runs a packed Program from its beginning to its end, and writes the History. */
  run(program: Int32Array, history: Int32Array): void;
  /** Pages of the region that are free now. */
  readonly freePages: number;
  /** What the kernel has complained of since the client joined. */
  complaints(): readonly string[];
}
