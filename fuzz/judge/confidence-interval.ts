/** Bounds of a probability. */
export interface ConfidenceInterval {
  readonly low: number;
  readonly high: number;
}

/** The quantile of the normal distribution that leaves 95 % in the middle. */
const Z = 1.959963984540054;

/**
 * The 95 % confidence interval of a probability that was observed as `times` of `of`. Wilson's
 * score interval stays sound for few observations and near 0 and 1, unlike the normal one.
 *
 * @param of at least 1
 */
export function wilsonInterval(times: number, of: number): ConfidenceInterval {
  const share = times / of;
  const square = Z * Z;
  const middle = share + square / (2 * of);
  const spread = Z * Math.sqrt((share * (1 - share)) / of + square / (4 * of * of));
  const scale = 1 + square / of;
  return {
    low: Math.max(0, (middle - spread) / scale),
    high: Math.min(1, (middle + spread) / scale),
  };
}
