import { linux, succeeded } from '../adapters/contract/index.ts';
import { commandOf, fieldOf, readField, sameInputs } from '../catalogue/abi-request.ts';
import type { Abi } from '../catalogue/catalogue.ts';
import { credible } from './credible.ts';
import { type DeviceFinder, devicesIn } from './timeline/devices.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/**
 * After a request, its argument is right: a granted one has its outputs and nothing else changed
 * (IOC-06, LEN-03, ABI-05), a refused one is as it was (ABI-06), and no byte outside of it is
 * written (ABI-03).
 *
 * Sound for requests on a device that is surely known, with arguments that can be read and written
 * and that no other thread changes: all but `flipped` ones, and those of protected pages. Bytes
 * outside of the argument are the executor's own, whatever was asked, unless the command itself
 * says that the argument is longer: then nothing is said of what lies behind it.
 *
 * @param page bytes
 */
export function answers(timeline: Timeline, abi: Abi, page: bigint): Violation[] {
  const deviceOf = devicesIn(timeline);
  const found: Violation[] = [];
  for (const event of timeline.events) {
    if (event.result.redZone !== undefined) found.push(...writesOutside(timeline, event));
    if (isJudged(event, abi, deviceOf)) found.push(...changes(event, abi, page));
  }
  return credible(timeline, found);
}

const NOTHING: readonly Violation[] = [];

function writesOutside(timeline: Timeline, event: Event): readonly Violation[] {
  const touched = event.result.redZone ?? [];
  if (touched.length === 0) return NOTHING;
  const redZone = touched.filter((zone) => zone === 'before' || !declaresMore(timeline, event));
  if (redZone.length === 0) return NOTHING;
  const detail = `bytes ${redZone.join(' and ')} the argument were written`;
  return [violation('ABI-03', 'bytes outside of the argument were written', detail, event)];
}

/** Whether a command lets the kernel write more bytes than its argument has. */
function declaresMore(timeline: Timeline, { operation }: Event): boolean {
  if (operation.op !== 'ioctl') return false;
  const request = timeline.valueOf(operation.request);
  const reads = (linux.ioctlDirection(request) & linux.IOC_READ) !== 0n;
  return reads && linux.ioctlSize(request) > BigInt(operation.argument.bytes.length);
}

const WRITABLE_PLACEMENTS: readonly unknown[] = [undefined, 'plain', 'unaligned'];

function isJudged(event: Event, abi: Abi, deviceOf: DeviceFinder): boolean {
  const { operation, result } = event;
  return (
    operation.op === 'ioctl' &&
    operation.request === commandOf(abi) &&
    WRITABLE_PLACEMENTS.includes(operation.argument.placement?.kind) &&
    result.outcome === 'returned' &&
    result.out.length === operation.argument.bytes.length &&
    result.out.length === abi.command.size &&
    deviceOf(event) !== undefined
  );
}

function changes(event: Event, abi: Abi, page: bigint): Violation[] {
  const { operation, result } = event;
  if (operation.op !== 'ioctl') return [];
  const { bytes } = operation.argument;
  if (!succeeded(result)) {
    if (sameBytes(bytes, result.out)) return [];
    const detail = `after ${result.errno} the argument has other bytes than before`;
    return [violation('ABI-06', 'a refused request was changed', detail, event)];
  }
  const found: Violation[] = [];
  if (result.value !== 0n) {
    const detail = `a successful request returned ${result.value}`;
    found.push(violation('IOC-06', 'a successful request does not return 0', detail, event));
  }
  if (!sameInputs(abi, bytes, result.out)) {
    const detail = 'fields other than outputs have other bytes than before';
    found.push(violation('ABI-05', 'a field other than an output was changed', detail, event));
  }
  return [...found, ...lengthReported(event, abi, page)];
}

function lengthReported(event: Event, abi: Abi, page: bigint): Violation[] {
  const { operation, result } = event;
  const field = fieldOf(abi, 'length');
  if (operation.op !== 'ioctl' || field.output !== true) return [];
  const asked = readField(operation.argument.bytes, field);
  const told = readField(result.out, field);
  if (told === ((asked + page - 1n) / page) * page) return [];
  const detail = `${asked} bytes were requested, and the length came back as ${told}`;
  return [violation('LEN-03', 'the length is not the requested one in whole pages', detail, event)];
}

const violation = (requirement: string, kind: string, detail: string, event: Event): Violation => ({
  oracle: 'answers',
  requirement,
  kind,
  detail,
  events: [event],
});

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}
