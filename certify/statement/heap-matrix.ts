import { usageError } from '../../base/errors.ts';
import { readJson } from '../../base/read-json.ts';
import type { StatedNpu, StatedRegion } from './statement.ts';

/**
 * Reads the heaps that an Android device declares in `/vendor/etc/dma_heap.json`: by the path of
 * each heap, for which neural processors and buffers it may be used. The format is proto3 JSON of
 * `DmaHeapsInfo` in system/memory/libdmabufheap, configs/schema.proto.
 *
 * @returns the heaps in the file's order; whether they are bounded no such file tells
 * @throws {@link AllocertError} (usage) naming the file and the place
 */
export function readHeapMatrix(file: string): readonly Omit<StatedRegion, 'bounded'>[] {
  const whole = members(readJson(file, 'name a dma_heap.json'), file, '');
  const devices = members(whole.devices ?? {}, file, 'devices');
  const paths = Object.keys(devices);
  if (paths.length === 0) throw usageError(`${file} declares no heap in devices`);
  if (paths.length > HEAPS_MAX) throw usageError(`${file} declares more than ${HEAPS_MAX} heaps`);
  return paths.map((node) => {
    if (!/^\/dev\/dma_heap\/[\w.,@+-]+$/.test(node)) {
      throw usageError(
        `${file} declares ${JSON.stringify(node)}, which is no heap of /dev/dma_heap`,
      );
    }
    const place = `devices.${node}`;
    const { npu = [] } = members(devices[node], file, place);
    const rows = list(npu, file, `${place}.npu`);
    return { node, npu: rows.map((row, at) => npuOf(row, file, `${place}.npu[${at}]`)) };
  });
}

/** A statement holds so many regions at most. */
const HEAPS_MAX = 256;

function npuOf(row: unknown, file: string, place: string): StatedNpu {
  // Proto3 JSON accepts both spellings of a name, and leaves empty lists out.
  const known = members(row, file, place);
  const numbers = known.device_numbers ?? known.deviceNumbers ?? [];
  const types = known.buffer_types ?? known.bufferTypes ?? [];
  return {
    deviceNumbers: list(numbers, file, `${place}.device_numbers`).map((one) => {
      if (Number.isInteger(one) && (one as number) >= 0) return one as number;
      throw usageError(`${file}: ${place}.device_numbers must be whole numbers from 0`);
    }),
    bufferTypes: list(types, file, `${place}.buffer_types`).map((one) => {
      if (typeof one === 'string' && /^[A-Z][A-Z0-9_]*$/.test(one)) return one;
      throw usageError(`${file}: ${place}.buffer_types must be names such as MODEL_WEIGHTS`);
    }),
  };
}

function members(value: unknown, file: string, place: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw usageError(`${file} is no dma_heap.json: ${place || 'the whole'} must be an object`);
}

function list(value: unknown, file: string, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw usageError(`${file} is no dma_heap.json: ${place} must be a list`);
}
