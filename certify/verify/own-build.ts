/** A build of allocert. */
export interface OwnBuild {
  /** SHA-256 of the list of its files; null where there is none. */
  readonly files: string | null;
  /** The commit that it was built from; null where that is not known. */
  readonly commit: string | null;
}
