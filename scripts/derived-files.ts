import { cHeader } from '../adapters/contract/codec/c-header.ts';
import { programSchema } from '../adapters/contract/program-schema.ts';
import { protocolPage } from './protocol-page.ts';

/** A file in the repository whose whole text derives from the contract. */
export interface DerivedFile {
  /** Path from the package's root. */
  readonly path: string;
  readonly text: string;
}

/** Every derived file with the text that it must have. */
export function derivedFiles(): readonly DerivedFile[] {
  return [
    { path: 'adapters/executor/include/operations.h', text: cHeader() },
    {
      path: 'adapters/contract/program.schema.json',
      text: `${JSON.stringify(programSchema(), null, 2)}\n`,
    },
    { path: 'docs/protocol.md', text: protocolPage() },
  ];
}
