import { type ConcurrentCall, linearizable, type Model } from '../../oracles/index.ts';

/** Steps after which a search gives up: none of porcupine's histories needs as many. */
const STEPS = 2_000_000_000;

/** A call of a store of texts, and what it returned. */
interface StoreAction {
  readonly kind: 'get' | 'put' | 'append';
  readonly key: string;
  /** What is put or appended; of `get`, what was read, undefined where it never returned. */
  readonly value: string | undefined;
}

/** A call of a register, and what it returned. */
type RegisterAction =
  | { readonly kind: 'read'; readonly value: string | undefined }
  | { readonly kind: 'write'; readonly value: string }
  | { readonly kind: 'cas'; readonly from: string; readonly to: string; ok: boolean | undefined };

type Calls<Action> = readonly ConcurrentCall<Action>[];

/** A call that has begun, by its process. */
interface Begun<Action> {
  readonly action: Action;
  readonly call: bigint;
  return: bigint | undefined;
}

const STORE_LINE = /:process (\d+), :type :(\w+), :f :(\w+), :key "(.*?)", :value (?:nil|"(.*)")/;

/** The calls in a history of porcupine's key-value stores. Time is the number of the line. */
export function storeCalls(text: string): Calls<StoreAction> {
  const open = new Map<string, Begun<{ -readonly [K in keyof StoreAction]: StoreAction[K] }>>();
  const all: Calls<StoreAction>[number][] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const [, process = '', type, kind, key = '', value] = STORE_LINE.exec(line) ?? [];
    if (type === 'invoke') {
      const action = { kind: kind as StoreAction['kind'], key, value };
      const begun = { action, call: BigInt(at), return: undefined };
      open.set(process, begun);
      all.push(begun);
    } else if (type === 'ok') {
      const begun = open.get(process);
      if (begun === undefined) throw new RangeError(`line ${at + 1} ends what has not begun`);
      begun.return = BigInt(at);
      if (kind === 'get') begun.action.value = value;
    }
  }
  return all;
}

const REGISTER_LINE = /jepsen\.util - (\d+)\t:(\w+)\t:(\w+)\t(?:\[(\d+) (\d+)\]|(\S+))/;

/** The calls in a history that Jepsen recorded of etcd. What timed out may have taken effect. */
export function registerCalls(text: string): Calls<RegisterAction> {
  const open = new Map<string, Begun<RegisterAction>>();
  const all: Begun<RegisterAction>[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const [, process = '', type, kind, from = '', to = '', value = ''] =
      REGISTER_LINE.exec(line) ?? [];
    if (type === 'invoke') {
      const begun = { action: began(kind ?? '', from, to, value), call: BigInt(at) };
      const one: Begun<RegisterAction> = { ...begun, return: undefined };
      open.set(process, one);
      all.push(one);
    } else if (type === 'ok' || type === 'fail') {
      const one = open.get(process);
      if (one === undefined) throw new RangeError(`line ${at + 1} ends what has not begun`);
      if (value === ':timed-out' && kind !== 'read') continue;
      one.return = BigInt(at);
      const { action } = one;
      if (action.kind === 'cas') action.ok = type === 'ok';
      else if (action.kind === 'read' && type === 'ok') Object.assign(action, { value });
    }
  }
  return all;
}

function began(kind: string, from: string, to: string, value: string): RegisterAction {
  if (kind === 'read') return { kind, value: undefined };
  if (kind === 'write') return { kind, value };
  return { kind: 'cas', from, to, ok: undefined };
}

/** One key of a store. */
const text: Model<string, StoreAction> = {
  initial: '',
  step: (state, { kind, value }) => {
    if (kind === 'put') return value ?? '';
    if (kind === 'append') return state + value;
    return value === undefined || value === state ? state : undefined;
  },
  key: (state) => state,
};

/** All keys of a store, in one state: what no oracle of allocert would do. */
const store: Model<ReadonlyMap<string, string>, StoreAction> = {
  initial: new Map(),
  step: (state, action) => {
    const before = state.get(action.key) ?? '';
    const after = text.step(before, action);
    if (after === undefined || after === before) return after === undefined ? after : state;
    return new Map(state).set(action.key, after);
  },
  key: (state) =>
    [...state]
      .map(([key, value]) => `${key} ${value.length} ${value}`)
      .sort()
      .join(''),
};

/** A register of etcd, which holds nothing at first. */
const register: Model<string, RegisterAction> = {
  initial: 'nil',
  step: (state, action) => {
    if (action.kind === 'write') return action.value;
    if (action.kind === 'read') {
      return action.value === undefined || action.value === state ? state : undefined;
    }
    const isMet = action.from === state;
    if (action.ok !== undefined && action.ok !== isMet) return undefined;
    return isMet ? action.to : state;
  },
  key: (state) => state,
};

/** Whether a history of a store is linearizable, key by key. */
export function storeByKey(calls: Calls<StoreAction>): boolean {
  const byKey = new Map<string, Calls<StoreAction>[number][]>();
  for (const one of calls) {
    const those = byKey.get(one.action.key);
    if (those === undefined) byKey.set(one.action.key, [one]);
    else those.push(one);
  }
  return inTurns([...byKey.values()]);
}

/** Each key gets some steps, then four times as many: one that is hard hides none that is easy. */
function inTurns(parts: readonly Calls<StoreAction>[]): boolean {
  let open = parts;
  for (let steps = 500; open.length > 0; steps *= 4) {
    if (steps > STEPS) throw new RangeError(`no answer after ${STEPS} steps`);
    const answers = open.map((part) => linearizable(part, text, steps));
    if (answers.includes('impossible')) return false;
    open = open.filter((_, index) => answers[index] === 'unknown');
  }
  return true;
}

/** The same without taking it apart. */
export const storeInOnePiece = (calls: Calls<StoreAction>): boolean =>
  verdict(linearizable(calls, store, STEPS));

/** Whether a history of a register is linearizable. */
export const registerAlone = (calls: Calls<RegisterAction>): boolean =>
  verdict(linearizable(calls, register, STEPS));

function verdict(answer: ReturnType<typeof linearizable>): boolean {
  if (answer === 'unknown') throw new RangeError(`no answer after ${STEPS} steps`);
  return answer === 'linearizable';
}
