/** Oracles accept what was made to fail in a call where it was, and nowhere else. */
import t from 'tap';
import { linux, type Operation, type Result } from '../../adapters/contract/index.ts';
import { requestBytes } from '../../catalogue/abi-request.ts';
import { abiNamed, profileNamed } from '../../catalogue/catalogue.ts';
import { predictor, unlessInjected } from '../../fuzz/judge/predict.ts';
import { serviceOf } from '../../fuzz/judge/service.ts';
import {
  buffersOf,
  errors,
  justifiedFailure,
  numbers,
  sequential,
  survival,
} from '../../oracles/index.ts';
import { injectedErrnos, injectedIn } from '../../oracles/timeline/injected.ts';
import { harmIn } from '../../oracles/timeline/self-harm.ts';
import {
  abi,
  allocation,
  mapping,
  opened,
  PAGE,
  request,
  type Sample,
  type Step,
  sample,
  step,
} from './sample.ts';

let now = 10;
const then = (operation: Operation, given: Partial<Result> = {}): Step => {
  now += 10;
  return step(operation, [now, now + 1], given);
};
const moment = (): [number, number] => {
  now += 10;
  return [now, now + 1];
};
const failed = (errno: 'ENOMEM' | 'EFAULT' | 'EINVAL'): Partial<Result> => ({ errno, value: -1n });
const arms = (nth: bigint): Step => then({ op: 'failnth', nth });
const tells = (value: bigint): Step => then({ op: 'failnth', nth: 0n }, { value });

/** A call as it stands between two `failnth`, of which the second says so or not. */
const armed = (value: bigint, call: () => Step): Step[] => {
  const before = arms(2n);
  return [before, call(), tells(value)];
};
const asks = (given: Partial<Result>) => (): Step => request({ length: PAGE }, moment(), given);

t.test('a call is made to fail by the failnth before it, as the one behind it says', async (t) => {
  const said = (...steps: readonly Step[]): string => {
    const { timeline } = sample(steps);
    const call = timeline.events.find(({ operation }) => operation.op === 'close');
    return call === undefined ? 'none' : injectedIn(timeline)(call);
  };
  const close = (): Step => then({ op: 'close', fd: 9n });
  t.equal(said(...armed(1n, close)), 'yes');
  t.equal(said(...armed(0n, close)), 'no');
  t.equal(said(close()), 'no');
  t.equal(said(arms(2n), close()), 'maybe', 'nothing says whether it did');
  t.equal(said(tells(0n), close(), tells(1n)), 'no', 'it was not armed');
  t.equal(said(then({ op: 'failnth', nth: 2n }, failed('EINVAL')), close(), tells(1n)), 'no');
  t.equal(
    said(arms(2n), then({ op: 'dup', fd: 9n }), close(), tells(1n)),
    'no',
    'another call was',
  );
  const scan = then({ op: 'scan', address: 1n, length: PAGE, bytes: Uint8Array.of(0) });
  const { timeline } = sample([arms(1n), scan, tells(1n)]);
  const [, looks] = timeline.events;
  t.equal(looks && injectedIn(timeline)(looks), 'no', 'an access to memory is no call');
});

t.test('errors: what was made to fail may say so, and nothing else may', async (t) => {
  const judge = (copies: boolean, ...steps: readonly Step[]): string[] => {
    const { timeline } = sample([opened, ...steps]);
    const predict = predictor(abi, profileNamed('hardened'), 4n * PAGE);
    const injected = injectedErrnos(timeline, copies);
    return errors(timeline, unlessInjected(predict, injected)).map(({ kind }) => kind);
  };
  const wrong = ['ioctl failed with EFAULT'];
  t.strictSame(judge(true, ...armed(1n, asks(failed('EFAULT')))), []);
  t.strictSame(judge(false, ...armed(1n, asks(failed('EFAULT')))), wrong, 'no copy fails there');
  t.strictSame(judge(true, ...armed(0n, asks(failed('EFAULT')))), wrong, 'nothing failed in it');
  t.strictSame(judge(true, ...armed(1n, asks({})), asks(failed('EFAULT'))()), wrong);
  t.strictSame(judge(true, ...armed(1n, asks(failed('EINVAL')))), ['ioctl failed with EINVAL']);
});

t.test('sequential: a mapping that fails on purpose, and what may be gone then', async (t) => {
  const judge = (...steps: readonly Step[]): string[] => {
    const { timeline } = sample([opened, ...steps]);
    const injected = injectedErrnos(timeline, false);
    return sequential(timeline, { abi, page: PAGE, exact: true, injected }).map(
      ({ requirement }) => requirement,
    );
  };
  const fields = { length: PAGE, flags: linux.O_RDWR | linux.O_CLOEXEC };
  const buffer = (): Step =>
    request(fields, moment(), { out: requestBytes(abi, { ...fields, descriptor: 4n }) });
  const map = (given: Partial<Result>) => (): Step => {
    const { operation } = mapping('m', moment(), { fd: 4n, address: 0n });
    return then(operation, given);
  };
  t.strictSame(judge(buffer(), ...armed(1n, map(failed('ENOMEM')))), []);
  t.strictSame(judge(buffer(), ...armed(0n, map(failed('ENOMEM')))), ['MAP-01']);
  t.strictSame(judge(buffer(), ...armed(1n, map(failed('EINVAL')))), ['MAP-01']);
  const address = 0x10000n;
  const unmap = (): Step => then({ op: 'munmap', address, length: PAGE }, failed('ENOMEM'));
  const scan = (): Step =>
    then(
      { op: 'scan', address, length: PAGE, bytes: Uint8Array.of(0) },
      { value: 7n, out: Uint8Array.of(1) },
    );
  const mapped = (): Step => map({ value: address })();
  t.strictSame(judge(buffer(), mapped(), ...armed(0n, unmap), scan()), ['ISO-01']);
  t.strictSame(judge(buffer(), mapped(), ...armed(1n, unmap), scan()), [], 'it may be half gone');
});

t.test('justified failure: a request that was made to fail had room, and its pages', async (t) => {
  const room = { regions: new Map([['region:0', 2n]]), page: PAGE, orderMax: 0 };
  const judge = (...threads: readonly (readonly Step[])[]): string[] => {
    const { timeline, buffers } = sample([opened], ...threads);
    return justifiedFailure(timeline, buffers, abi, room).map(({ kind }) => kind);
  };
  const unjustified = ['ENOMEM though there was room'];
  const refused = (): Step => allocation('r', moment(), { errno: 'ENOMEM' });
  t.strictSame(judge(armed(1n, refused)), []);
  t.strictSame(judge(armed(0n, refused)), unjustified);
  const long = (): Step => allocation('r', [now + 5, now + 200], { errno: 'ENOMEM' });
  const other = allocation('s', [now + 80, now + 90], { pages: 2n, errno: 'ENOMEM' });
  const [before, call, after] = armed(1n, long);
  t.strictSame(judge([before, call, after] as Step[], [other]), [], 'it had a page meanwhile');
});

t.test('service: who is refused on purpose is served', async (t) => {
  const context = { abi, region: { sizeBytes: 4n * PAGE } } as never;
  const judge = ({ timeline }: Sample): string =>
    typeof serviceOf(context, { profile: profileNamed('hardened') }, { timeline });
  t.equal(judge(sample([opened, ...armed(1n, asks(failed('ENOMEM')))])), 'undefined');
  t.equal(judge(sample([opened, ...armed(0n, asks(failed('ENOMEM')))])), 'object');
});

t.test('survival: x86 kernels warn of a mapping that they take back themselves', async (t) => {
  const log = ['WARNING: CPU: 0 PID: 70 at arch/x86/mm/pat/memtype.c:1061 untrack_pfn+0x1/0x2'];
  const judge = (lines: readonly string[], ...steps: readonly Step[]): number => {
    const { timeline, histories } = sample([opened, ...steps]);
    return survival(
      timeline,
      histories.map((one) => ({ ...one, log: lines })),
    ).length;
  };
  const map = (): Step => mapping('m', moment(), { fd: 4n, address: -1n });
  t.equal(judge(log, ...armed(1n, map)), 0);
  t.equal(judge(log, ...armed(0n, map)), 1, 'nothing failed in it');
  t.equal(judge(log, ...armed(1n, asks({}))), 1, 'another call failed');
  const other = ['WARNING: CPU: 0 PID: 70 at mm/cma.c:5 cma_release+0x1/0x2'];
  t.equal(judge(other, ...armed(1n, map)), 1);
});

t.test('a client that closes the 0 of a request made to fail stays a witness', async (t) => {
  const harmed = (value: bigint, fd: bigint): boolean => {
    const call = armed(value, () => allocation('a', moment(), { errno: 'ENOMEM' }));
    const { timeline } = sample([opened, ...call, then({ op: 'close', fd })]);
    return harmIn(timeline)('subject') !== undefined;
  };
  t.notOk(harmed(1n, 0n));
  t.ok(harmed(0n, 0n), 'the request failed by itself');
  t.ok(harmed(1n, 2n), 'nothing put a 2 there');
});

t.test('what a call was to take away may be gone when it was made to fail', async (t) => {
  const until = (value: bigint): boolean => {
    const buffer = allocation('a', moment(), { number: 4n });
    const move = (): Step =>
      then(
        { op: 'mremap', address: 0x10000n, oldLength: PAGE, newLength: 2n * PAGE, flags: 1n },
        failed('ENOMEM'),
      );
    const map = mapping('m', moment(), { fd: 4n, address: 0x10000n });
    const { timeline } = sample([opened, buffer, map, ...armed(value, move)]);
    const [held] = buffersOf(timeline, abiNamed('simple-allocator'), PAGE);
    return (
      held?.references.some((one) => one.kind === 'mapping' && one.until !== undefined) === true
    );
  };
  t.ok(until(1n));
  t.notOk(until(0n), 'by itself it fails as a whole');
});

t.test('numbers: nothing is said near the descriptor of an executor', async (t) => {
  const list = (...open: readonly number[]): Step =>
    then({ op: 'descriptors' }, { out: new Uint8Array(Int32Array.from(open).buffer) });
  const taken = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
  const judge = (open: number, number: bigint, nth?: bigint): number => {
    const before = list(...taken(open));
    const steps = [
      before,
      ...(nth === undefined ? [] : [arms(nth)]),
      then({ op: 'dup', fd: 1n }, { value: number }),
    ];
    return numbers(sample(steps).timeline, abi).length;
  };
  t.equal(judge(56, 57n), 1, 'it is not the lowest');
  t.equal(judge(56, 57n, 1n), 0, 'an executor may have had 56');
  t.equal(judge(4, 5n, 1n), 1);
});
