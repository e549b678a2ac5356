/** A piece of C that a program takes along when something in it names what the piece defines. */
export interface Snippet {
  readonly names: readonly string[];
  readonly text: string;
  /** Set when it is for programs of several processes, or for those of one. */
  readonly several?: boolean;
}
