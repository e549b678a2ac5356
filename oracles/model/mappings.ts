import { linux } from '../../adapters/contract/index.ts';
import { isReadable, type ModelBuffer, type ModelMapping } from './client.ts';
import {
  closedFault,
  combined,
  descriptorValue,
  type Expectation,
  type ModelStep,
  type OperationRules,
} from './expectation.ts';

const { MAP_PRIVATE, MAP_SHARED, O_RDONLY, PROT_WRITE } = linux;
/** A wrong request longer than this may be refused for want of addresses first, as in 32 bits. */
const HUGE = 1n << 30n;
/** Outcomes of a shortage of memory, or of room for mappings. */
const SHORT = ['ENOMEM', 'EAGAIN'];

/** Arguments of an mmap, as values. */
interface MapRequest {
  readonly length: bigint;
  readonly offset: bigint;
  readonly protection: bigint;
  readonly flags: bigint;
}

/** Operations on mappings. */
export const mappingRules: OperationRules = {
  mmap: {
    expects: (step, { fd, flags, length, offset = 0n, protection }) => {
      const value = (operand: typeof length): bigint => step.timeline.valueOf(operand);
      const request = {
        length: value(length),
        offset: value(offset),
        protection: value(protection),
        flags: value(flags),
      };
      if (request.flags !== MAP_SHARED && request.flags !== MAP_PRIVATE) return undefined;
      return mapExpectation(step, descriptorValue(step, fd), request);
    },
    follows: ({ event, model, timeline }, { fd, flags, length, offset = 0n, protection }) => {
      const held = model.descriptors.get(descriptorValue({ timeline }, fd));
      const start = event.result.value;
      const end = start + wholePages(timeline.valueOf(length), model.page);
      model.remove(start, end);
      if (held === undefined) return true;
      model.place({
        start,
        end,
        buffer: held.buffer,
        first: timeline.valueOf(offset) / model.page,
        protection: timeline.valueOf(protection),
        shared: timeline.valueOf(flags) === MAP_SHARED,
        copies: new Map(),
      });
      return true;
    },
  },
  munmap: {
    follows: ({ model, timeline }, { address, length, offset = 0n }) => {
      const start = timeline.valueOf(address) + timeline.valueOf(offset);
      model.remove(start, start + wholePages(timeline.valueOf(length), model.page));
      return true;
    },
    fails: ({ failsOnPurpose, model, timeline }, { address, length, offset = 0n }) => {
      if (!failsOnPurpose) return;
      const start = timeline.valueOf(address) + timeline.valueOf(offset);
      model.remove(start, start + wholePages(timeline.valueOf(length), model.page));
    },
  },
  mprotect: {
    expects: ({ model, timeline }, { address, length, offset = 0n, protection }) => {
      const start = timeline.valueOf(address) + timeline.valueOf(offset);
      const mapping = model.at(start);
      const widens = (timeline.valueOf(protection) & PROT_WRITE) !== 0n;
      if (mapping === undefined || timeline.valueOf(length) === 0n || !widens) return undefined;
      if (!mapping.shared || mapping.buffer.mode !== O_RDONLY) return undefined;
      if (start + timeline.valueOf(length) > mapping.end) return undefined;
      return { requirement: 'MAP-04', words: ['EACCES'] };
    },
    follows: ({ model, timeline }, { address, length, offset = 0n, protection }) => {
      const start = timeline.valueOf(address) + timeline.valueOf(offset);
      const end = start + wholePages(timeline.valueOf(length), model.page);
      model.protect(start, end, timeline.valueOf(protection));
      return true;
    },
    // Of several mappings those before the one that refused have changed.
    fails: ({ model, timeline }, { address, length, offset = 0n }) => {
      const start = timeline.valueOf(address) + timeline.valueOf(offset);
      model.remove(start, start + wholePages(timeline.valueOf(length), model.page));
    },
  },
  mremap: {
    follows: ({ event, model, timeline }, { address, newLength, oldLength }) => {
      const [old, wanted] = [oldLength, newLength].map((one) =>
        wholePages(timeline.valueOf(one), model.page),
      ) as [bigint, bigint];
      const from = timeline.valueOf(address);
      return followMove(moveFrom(model, from, old), event.result.value, wanted);
    },
    fails: ({ failsOnPurpose, model, timeline }, { address, oldLength }) => {
      if (!failsOnPurpose) return;
      const start = timeline.valueOf(address);
      model.remove(start, start + wholePages(timeline.valueOf(oldLength), model.page));
    },
  },
};

/** A mapping before it is made longer, shorter, or moved. */
interface MappingMove {
  readonly model: ModelStep['model'];
  readonly source: ModelMapping | undefined;
  readonly from: bigint;
  readonly old: bigint;
}

const moveFrom = (model: ModelStep['model'], from: bigint, old: bigint): MappingMove => ({
  model,
  source: model.at(from),
  from,
  old,
});

/** A shorter mapping stays where it is; a longer one is one mapping, wherever it is now. */
function followMove({ from, model, old, source }: MappingMove, to: bigint, wanted: bigint): true {
  if (wanted <= old && to === from) {
    model.remove(from + wanted, from + old);
    return true;
  }
  const first = source === undefined ? 0n : source.first + (from - source.start) / model.page;
  model.remove(from, from + old);
  model.remove(to, to + wanted);
  if (source !== undefined) model.place({ ...source, start: to, end: to + wanted, first });
  return true;
}

function mapExpectation(
  step: ModelStep,
  number: bigint,
  request: MapRequest,
): Expectation | undefined {
  const { length, offset } = request;
  const { exact, model } = step;
  const buffer = model.descriptors.get(number)?.buffer;
  const faults: Expectation[] = [...closedFault(model, number, 'MAP-13')];
  if (buffer === undefined && faults.length === 0) return undefined;
  if (length === 0n || offset % model.page !== 0n) {
    faults.push({ requirement: 'MAP-09', words: ['EINVAL'] });
  }
  if (buffer !== undefined) faults.push(...faultsOn(buffer, request, model.page));
  if (faults.length > 0 && (length >= HUGE || offset >= HUGE)) {
    faults.push({ requirement: 'MAP-07', words: ['EINVAL', 'EOVERFLOW', 'ENOMEM'] });
  }
  if (faults.length > 0) return combined(faults);
  // A private mapping may be refused, or work.
  if (request.flags !== MAP_SHARED) return undefined;
  const requirement = offset === 0n ? 'MAP-01' : 'MAP-08';
  return { requirement, words: ['ok', ...(exact ? [] : SHORT)] };
}

function faultsOn(
  buffer: ModelBuffer,
  { flags, length, offset, protection }: MapRequest,
  page: bigint,
): Expectation[] {
  const faults: Expectation[] = [];
  const any = flags === MAP_SHARED ? [] : ['error'];
  if (!isReadable(buffer)) faults.push({ requirement: 'MAP-05', words: ['EACCES'] });
  const writes = flags === MAP_SHARED && (protection & PROT_WRITE) !== 0n;
  if (writes && buffer.mode === O_RDONLY) {
    faults.push({ requirement: 'MAP-03', words: ['EACCES'] });
  }
  if (wholePages(length, page) + offset > buffer.bytes) {
    faults.push({ requirement: 'MAP-07', words: ['EINVAL', ...any] });
  }
  return faults;
}

const wholePages = (length: bigint, page: bigint): bigint => ((length + page - 1n) / page) * page;
