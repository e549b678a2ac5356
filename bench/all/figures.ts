/** The beginning of the line in which a bench tells its figures. */
const MARK = 'figures: ';

/** Figures by their names, such as `list` of `startup`. */
export type Figures = Readonly<Record<string, number>>;

/** Why a bench has none, such as that this machine lacks what it needs. */
export interface Unmeasured {
  readonly reason: string;
}

/** Tells figures, on a line of its own that {@link figuresIn} finds. */
export function tellFigures(figures: Figures | Unmeasured): void {
  process.stdout.write(`${MARK}${JSON.stringify(figures)}\n`);
}

/**
 * The figures in what a bench printed, of all of its lines together.
 *
 * @returns undefined when it told none
 */
export function figuresIn(output: string): Figures | Unmeasured | undefined {
  const told = output
    .split('\n')
    .filter((line) => line.startsWith(MARK))
    .map((line) => JSON.parse(line.slice(MARK.length)) as Figures | Unmeasured);
  if (told.length === 0) return undefined;
  return told.find(isUnmeasured) ?? (Object.assign({}, ...told) as Figures);
}

/** Whether a bench could not measure. */
export const isUnmeasured = (told: Figures | Unmeasured): told is Unmeasured =>
  typeof told.reason === 'string';
