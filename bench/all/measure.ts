/** The middle one of some values; 0 of none. */
export const medianOf = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

/** Milliseconds that this process has had of all processors. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What something costs at a size. */
export interface CostAt {
  readonly size: number;
  readonly cost: number;
}

/**
 * The power of the size with which a cost grows: the slope of the straight line that fits best when
 * both are drawn by their logarithms. 1 is linear; what costs n log n has about 1.15 over two
 * decades.
 */
export function exponentOf(costs: readonly CostAt[]): number {
  const points = costs.map(({ size, cost }) => [Math.log(size), Math.log(cost)] as const);
  const mean = (at: 0 | 1): number => points.reduce((sum, one) => sum + one[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const together = points.reduce((sum, one) => sum + (one[0] - x) * (one[1] - y), 0);
  return together / points.reduce((sum, one) => sum + (one[0] - x) ** 2, 0);
}
