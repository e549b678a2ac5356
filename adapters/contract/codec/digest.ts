import { createHash } from 'node:crypto';
import { DOCUMENTS, FILES, OPERATION_ROWS, STOPS } from '../operations.ts';
import { FRAMES, PLACEMENTS, PROTECTIONS, RECORDS, WIRE_VERSION } from './layout.ts';

/**
 * 64 bits that name everything both ends of a connection must agree on. An agent built from another
 * table is refused at the handshake instead of being misunderstood later.
 */
export function contractDigest(): bigint {
  const agreed = [
    WIRE_VERSION,
    OPERATION_ROWS.map(([name, row]) => [name, row.code, Object.entries(row.arguments)]),
    RECORDS,
    FRAMES,
    PLACEMENTS,
    PROTECTIONS,
    STOPS,
    FILES,
    DOCUMENTS,
  ];
  const hash = createHash('sha256').update(JSON.stringify(agreed)).digest();
  return hash.readBigUInt64LE(0);
}
