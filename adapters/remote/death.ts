import { TargetDeath } from '../contract/index.ts';

/** A target's death as the payload of a frame. */
export function encodeDeath({ manner, message, log }: TargetDeath): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ manner, message, log }));
}

/**
 * A target's death from the payload of a frame.
 *
 * @throws RangeError when it holds something else
 */
export function decodeDeath(payload: Uint8Array): TargetDeath {
  const json = parsed(payload) as Partial<TargetDeath> | null | undefined;
  const { manner, message, log } = json ?? {};
  const sound =
    (manner === 'crash' || manner === 'hang') &&
    typeof message === 'string' &&
    Array.isArray(log) &&
    log.every((line) => typeof line === 'string');
  if (!sound) throw new RangeError('the daemon reports a death that is malformed');
  return new TargetDeath(manner, message, log);
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
