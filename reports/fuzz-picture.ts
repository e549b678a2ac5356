/**
 * What a fuzz finding gives a report to draw. Plain data; times are nanoseconds since the schedule
 * began, pages are counted from the start of the region.
 */
export interface FuzzPicture {
  /** What was found, in a sentence. */
  readonly finding: string;
  readonly seed: string;
  readonly region: string;
  readonly pages: number;
  readonly pageSize: number;
  /** When the schedule ended. */
  readonly end: number;
  readonly buffers: readonly FuzzBuffer[];
  /** The smallest schedule that still shows the finding, in order of its beginnings. */
  readonly schedule: readonly FuzzStep[];
}

/** A buffer's pages, while it lived. */
export interface FuzzBuffer {
  readonly name: string;
  readonly firstPage: number;
  readonly pages: number;
  readonly from: number;
  /** Left out: it lived to the end. */
  readonly to?: number;
}

/** One operation of a schedule. */
export interface FuzzStep {
  readonly thread: string;
  readonly at: number;
  readonly text: string;
  /** `ok`, an errno name, or another word of what came back. */
  readonly result: string;
}
