/** A finding and the file, beside the summary, that has all of it. */
export interface FoundFile {
  readonly signature: string;
  readonly file: string;
}
