import { parseJson } from '../../base/parse-json.ts';
import { TargetDeath } from '../contract/index.ts';
import { PAYLOAD_BYTES_MAX } from './wire-frames.ts';

/** Characters of a sentence that is sent; one has at most six bytes there. */
const SENTENCE_LENGTH = 8192;

const cut = (sentence: string): string =>
  sentence.length > SENTENCE_LENGTH ? `${sentence.slice(0, SENTENCE_LENGTH)}…` : sentence;

/** A sentence for the peer as the payload of a frame, cut where it is longer than any should be. */
export const encodeRefusal = (sentence: string): Uint8Array =>
  new TextEncoder().encode(cut(sentence));

/** A target's death as the payload of a frame; of a log that is too long, the end. */
export function encodeDeath({ manner, message, log, forced }: TargetDeath): Uint8Array {
  for (let lines = log; ; lines = lines.slice(Math.ceil(lines.length / 2))) {
    const told = { manner, message: cut(message), log: lines, ...(forced ? { forced } : {}) };
    const bytes = new TextEncoder().encode(JSON.stringify(told));
    if (bytes.length <= PAYLOAD_BYTES_MAX.death) return bytes;
  }
}

/**
 * A target's death from the payload of a frame.
 *
 * @throws RangeError when it holds something else
 */
export function decodeDeath(payload: Uint8Array): TargetDeath {
  const json = parsed(payload) as Partial<TargetDeath> | null | undefined;
  const { manner, message, log, forced } = json ?? {};
  const sound =
    (manner === 'crash' || manner === 'hang') &&
    typeof message === 'string' &&
    Array.isArray(log) &&
    log.every((line) => typeof line === 'string');
  if (!sound) throw new RangeError('the daemon reports a death that is malformed');
  return new TargetDeath(manner, message, log, forced === true);
}

function parsed(payload: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder().decode(payload));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
