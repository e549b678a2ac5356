/** A program that measures, in a process of its own. */
export interface BenchProgram {
  /** Its file in `bench/`. */
  readonly file: string;
  readonly args?: readonly string[];
  /** The flag of `bench:all` that asks for it, where it needs much: a guest, or programs of others. */
  readonly needs?: 'guest' | 'peers';
}

/** What is measured, by the names that rows use. */
export const BENCHES = {
  startup: { file: 'startup' },
  programs: { file: 'throughput' },
  'fuzz-speed': { file: 'fuzz-speed' },
  'fuzz-library': { file: 'fuzz-target' },
  reports: { file: 'reports' },
  page: { file: 'long-page' },
  growth: { file: 'growth' },
  porcupine: { file: 'porcupine', needs: 'peers' },
  'report-peers': { file: 'report-peers', needs: 'peers' },
  guest: { file: 'guest', needs: 'guest' },
  'fuzz-guest': { file: 'fuzz-target', args: ['vm:debian/dma_heap/system'], needs: 'guest' },
  'suites-stock': { file: 'suites', args: ['vm:debian/dma_heap/system'], needs: 'guest' },
  'suites-kasan': { file: 'suites', args: ['vm:cma/dma_heap/reserved'], needs: 'guest' },
} as const satisfies Readonly<Record<string, BenchProgram>>;

/** The name of a bench. */
export type BenchName = keyof typeof BENCHES;

/** A row of the table. */
export interface GoalRow {
  readonly what: string;
  readonly bench: BenchName;
  readonly figure: string;
  readonly unit: string;
  /** The goal: at least or at most so much; neither where a figure is only shown. */
  readonly least?: number;
  readonly most?: number;
}

/** What is linear, or costs n log n at most, has an exponent below this over two decades. */
const EXPONENT_MAX = 1.2;

const PEERS = 'merge-reports of Playwright';

/** Every row, in the order of the page `docs/performance.md`. */
export const GOALS: readonly GoalRow[] = [
  ...startup('version', '`allocert --version`'),
  ...startup('help', '`allocert --help`'),
  ...startup('list', '`allocert list`'),
  ratio('fuzz-guest', 'vm', 'fuzz, one guest: operations to loop of allocate and close', 0.3),
  { what: 'fuzz, one guest: rounds', ...named('fuzz-guest', 'vm-rounds'), unit: '/s', least: 100 },
  ratio('fuzz-library', 'contained', 'fuzz, library, contained: the same ratio', 0.3),
  ratio('fuzz-library', 'in-process', 'fuzz, library, in process: the same ratio', 0.6),
  ratio('fuzz-speed', 'ordinary', 'fuzz `sim:`, ordinary modes, to asyncModelRun', 0.25),
  {
    what: 'the same, to asyncModelRun on the simulator of these modes',
    ...named('fuzz-speed', 'ordinary-own'),
    unit: '',
  },
  ratio('fuzz-speed', 'parallel', 'fuzz `sim:`, parallel mode, to asyncModelRun', 5),
  ratio('fuzz-speed', 'two-ordinary', 'two workers for one, ordinary', 1.7),
  ratio('fuzz-speed', 'two-parallel', 'two workers for one, parallel', 1.7),
  ratio('programs', 'single-in-process', 'a Program of four calls to C, in process', 0.5),
  ratio('programs', 'single-contained', 'a Program of four calls to C, contained', 0.3),
  ratio('programs', 'batch-in-process', 'calls in batches to C, in process', 0.9),
  ratio('guest', 'executor', 'calls in batches to C, in a guest', 0.9),
  ...suites('suites-kasan', 'all suites, kernel with KASAN', 300),
  ...suites('suites-stock', 'all suites, stock kernel, with boot', 20),
  {
    what: 'journal of 100,000 rows to every file: memory',
    ...named('reports', 'journal-mb'),
    unit: 'MB',
    most: 300,
  },
  {
    what: 'record of 100,000 rows to any format: memory',
    ...named('reports', 'format-mb'),
    unit: 'MB',
    most: 300,
  },
  {
    what: '100,000 rows to HTML: processor',
    ...named('reports', 'html-seconds'),
    unit: 's',
    most: 8.2,
  },
  { what: '100,000 rows to HTML: memory', ...named('reports', 'html-mb'), unit: 'MB', most: 727 },
  { what: '100,000 rows: size of the page', ...named('reports', 'page-mb'), unit: 'MB', most: 9.4 },
  { what: '100,000 rows: the page opens', ...named('page', 'open'), unit: 's', most: 1 },
  { what: '100,000 rows: the page filters', ...named('page', 'filter'), unit: 's', most: 1 },
  { what: '100,000 rows: the page searches', ...named('page', 'search'), unit: 's', most: 1 },
  {
    what: `${PEERS}, measured now: processor`,
    ...named('report-peers', 'playwright-seconds'),
    unit: 's',
  },
  { what: `${PEERS}, measured now: memory`, ...named('report-peers', 'playwright-mb'), unit: 'MB' },
  {
    what: 'Allure, measured now: processor',
    ...named('report-peers', 'allure-seconds'),
    unit: 's',
  },
  { what: 'Allure, measured now: memory', ...named('report-peers', 'allure-mb'), unit: 'MB' },
  {
    what: 'linearizability: other verdicts than porcupine',
    ...named('porcupine', 'other-verdicts'),
    unit: '',
    most: 0,
  },
  {
    what: 'linearizability: time to porcupine, partitioned',
    ...named('porcupine', 'partitioned'),
    unit: '',
    most: 2,
  },
  {
    what: 'linearizability: time to porcupine, in one piece',
    ...named('porcupine', 'whole'),
    unit: '',
    most: 2,
  },
  {
    what: 'linearizability: time to porcupine, etcd',
    ...named('porcupine', 'etcd'),
    unit: '',
    most: 2,
  },
  growth('rounds', 'rounds of a campaign'),
  growth('threads', 'threads in a Program'),
  growth('buffers', 'buffers that live at once'),
  growth('cases', 'cases of a run'),
  growth('rows', 'rows of a report'),
];

function named(bench: BenchName, figure: string): Pick<GoalRow, 'bench' | 'figure'> {
  return { bench, figure };
}

function startup(figure: string, what: string): GoalRow[] {
  return [{ what: `${what}: processor`, ...named('startup', figure), unit: 'ms', most: 120 }];
}

/** All suites by one guest, and by as many as there are processors. */
function suites(bench: BenchName, what: string, most: number): GoalRow[] {
  return [
    { what, ...named(bench, 'seconds'), unit: 's', most },
    { what: `${what}, a guest a processor`, ...named(bench, 'shared-seconds'), unit: 's', most },
  ];
}

function ratio(bench: BenchName, figure: string, what: string, least: number): GoalRow {
  return { what, bench, figure, unit: '', least };
}

function growth(figure: string, what: string): GoalRow {
  return {
    what: `cost by ${what}: exponent`,
    ...named('growth', figure),
    unit: '',
    most: EXPONENT_MAX,
  };
}
