import { parseJson } from '../../base/parse-json.ts';
import { TargetDeath } from '../contract/index.ts';

/** A target's death as the payload of a frame. */
export function encodeDeath({ manner, message, log, forced }: TargetDeath): Uint8Array {
  const told = { manner, message, log, ...(forced ? { forced } : {}) };
  return new TextEncoder().encode(JSON.stringify(told));
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
