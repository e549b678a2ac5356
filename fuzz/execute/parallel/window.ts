import { packed } from '../../../adapters/contract/index.ts';
import { LIFETIME } from '../../../oracles/sweep.ts';
import type { PackedViolation, PartRow } from './judge-round.ts';
import { PART_SUMMARY, type PartMemory } from './round-memory.ts';

const { NOT_RUN, OPERATION_WORDS, PACKED, PACKED_SLOTS, RESULT_WORDS } = packed;

/** Tickets around what proves a violation within which everything belongs to its window. */
const TICKETS = 32;

/**
 * The rows of each part that matter for a violation: what ran at about the time of its operations,
 * what touched their buffers, what else was live then, and whatever filled the slots of all these.
 * A violation that shows at rest has the beginning of the round.
 */
export function windowOf(parts: readonly PartMemory[], violation: PackedViolation): number[][] {
  const traces = parts.map(traceOf);
  const centers = violation.places.map(({ part, row }) => callOf(parts[part], row));
  if (centers.length === 0) centers.push(0);
  return traces.map((trace, part) => {
    const memory = parts[part] as PartMemory;
    const own = violation.places.filter((place) => place.part === part);
    const rows = new Set([
      ...near(memory, trace, centers),
      ...touching(trace, own),
      ...bornBefore(memory, centers),
    ]);
    for (const row of rows) {
      const maker = trace.makers[row] ?? -1;
      if (maker >= 0) rows.add(maker);
    }
    return [...rows].toSorted((a, b) => a - b);
  });
}

/** The buffers that a part's rows are about. */
interface Trace {
  /** The row that filled the slot which a row uses; -1 for allocations and what did not run. */
  readonly makers: Int32Array;
  /** The row that allocated the buffer which a row is about; -1 for what did not run. */
  readonly buffers: Int32Array;
}

function traceOf({ history, program, summary }: PartMemory): Trace {
  const count = summary[PART_SUMMARY.operations] ?? 0;
  const makers = new Int32Array(count).fill(-1);
  const buffers = new Int32Array(count).fill(-1);
  const makerOf = new Int32Array(PACKED_SLOTS).fill(-1);
  for (let row = 0; row < count; row += 1) {
    if (history[row * RESULT_WORDS] === NOT_RUN) continue;
    const [kind, slot = 0, value = 0] = program.subarray(row * OPERATION_WORDS);
    const maker = makerOf[slot] ?? -1;
    if (kind === PACKED.allocate) {
      buffers[row] = row;
      makerOf[slot] = row;
      continue;
    }
    makers[row] = maker;
    buffers[row] = buffers[maker] ?? -1;
    if (kind === PACKED.duplicate) makerOf[value] = row;
  }
  return { makers, buffers };
}

const callOf = (part: PartMemory | undefined, row: number): number =>
  part?.history[row * RESULT_WORDS + 3] ?? 0;

/** Rows that ran at about these times. */
const near = (part: PartMemory, { buffers }: Trace, centers: readonly number[]): number[] =>
  rowsWhere(buffers, (row) =>
    centers.some((center) => Math.abs(callOf(part, row) - center) <= TICKETS),
  );

/** Rows about the buffers of these places. */
const touching = ({ buffers }: Trace, places: readonly PartRow[]): number[] =>
  rowsWhere(buffers, (row) => places.some((place) => buffers[place.row] === buffers[row]));

/** Rows that ran. */
const rowsWhere = (buffers: Int32Array, chosen: (row: number) => boolean): number[] =>
  [...buffers.keys()].filter((row) => buffers[row] !== -1 && chosen(row));

/** Allocations of what surely lived at these times. */
function bornBefore({ births, lives, summary }: PartMemory, centers: readonly number[]): number[] {
  const rows: number[] = [];
  for (let life = 0; life < (summary[PART_SUMMARY.lives] ?? 0); life += 1) {
    const from = lives[life * LIFETIME.words + LIFETIME.from] ?? 0;
    const until = lives[life * LIFETIME.words + LIFETIME.until] ?? 0;
    if (centers.some((center) => from <= center && center <= until)) rows.push(births[life] ?? 0);
  }
  return rows;
}
