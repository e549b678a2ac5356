import { cHeader } from '../adapters/contract/codec/c-header.ts';

/** A file in the repository whose whole text derives from the contract. */
export interface DerivedFile {
  /** Path from the package's root. */
  readonly path: string;
  readonly text: string;
}

/** Every derived file with the text that it must have. */
export function derivedFiles(): readonly DerivedFile[] {
  return [{ path: 'adapters/native/executor/operations.h', text: cHeader() }];
}
