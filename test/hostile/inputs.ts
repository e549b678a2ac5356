/**
 * Every format that a command reads, each with files to begin with and what reads them. What reads
 * them here is what the command has it read by, without a process of its own.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJson } from '../../adapters/contract/index.ts';
import { openReplay } from '../../adapters/replay/adapter.ts';
import { usageError } from '../../base/errors.ts';
import { readConfig } from '../../config/file.ts';
import { resumedRequest } from '../../fuzz/campaign/request.ts';
import { readFile } from '../../fuzz/corpus/corpus-folder.ts';
import { digestOf, entryFrom } from '../../fuzz/corpus/entry.ts';
import { pictureOf } from '../../fuzz/findings/picture.ts';
import { readFinding } from '../../fuzz/findings/read-finding.ts';
import { writeCampaignReport } from '../../fuzz/findings/report.ts';
import { scheduleOf, scheduleText } from '../../fuzz/findings/schedule.ts';
import { readResumeState } from '../../fuzz/record/resume-state.ts';
import { reproducerOf } from '../../fuzz/reproduce/index.ts';
import { formatSummary } from '../../reports/formats/summary.ts';
import { readBaseline } from '../../reports/gate/read-baseline.ts';
import { readWaivers } from '../../reports/gate/read-waivers.ts';
import { readCampaignSummary } from '../../reports/merge/campaign.ts';
import { openInputs } from '../../reports/merge/input.ts';
import { REPORTERS } from '../../reports/reporters.ts';
import { readPrograms } from '../../suites/assess/diff/read-programs.ts';
import { runSuites } from '../../suites/index.ts';

/** Folders with what a run and a campaign wrote. */
export interface Written {
  readonly report: string;
  readonly campaign: string;
  /** Cases of the run. */
  readonly only: readonly string[];
}

/** A format: the command's own reader, and the command. */
export interface InputFormat {
  readonly name: string;
  readonly kind: 'json' | 'lines';
  /** The file that is changed, from the folder of the input. */
  readonly file: string;
  /** How many of the changed inputs are of this format. */
  readonly share: number;
  /** Set when the command may refuse what this reader takes, by what it knows beside the file. */
  readonly refusesMore?: true;
  /** Fills the folder of the input; the file is written last, and changed. */
  prepare(folder: string, written: Written): Buffer;
  /** Reads it, as the command does. @returns texts that a user would see */
  read(folder: string, written: Written): Promise<readonly string[]>;
  /** What a user types. */
  words(folder: string, written: Written): readonly string[];
}

const bytesOf = (folder: string, file: string): Buffer => readFileSync(join(folder, file));

/** Every view of the records at some paths. */
function views(paths: readonly string[]): readonly string[] {
  const { records } = openInputs(paths);
  return records.flatMap(({ record, folder }) => [
    formatSummary(record, { coloured: false }),
    ...Object.values(REPORTERS).map((format) => {
      const pieces = format(record, [folder]);
      return typeof pieces === 'string' ? pieces : [...pieces].join('');
    }),
  ]);
}

const RECORDS: readonly InputFormat[] = [
  {
    name: 'a record',
    kind: 'json',
    file: 'record.json',
    share: 500,
    prepare: (_, { report }) => bytesOf(report, 'record.json'),
    read: async (folder) => views([join(folder, 'record.json')]),
    words: (folder) => ['report', join(folder, 'record.json')],
  },
  {
    name: 'a journal',
    kind: 'lines',
    file: 'journal.ndjson',
    share: 400,
    prepare: (_, { report }) => bytesOf(report, 'journal.ndjson'),
    read: async (folder) => views([folder]),
    words: (folder) => ['report', folder],
  },
  {
    name: 'evidence',
    kind: 'lines',
    file: 'evidence.ndjson',
    share: 600,
    prepare: (_, { report }) => bytesOf(report, 'evidence.ndjson'),
    read: async (folder, { only }) => replayed(`replay:${folder}`, only),
    words: (folder, { only }) => {
      const out = ['--out', join(folder, 'out')];
      return ['run', `replay:${folder}`, '--only', only.join(','), ...out];
    },
  },
  {
    name: 'a baseline',
    kind: 'json',
    file: 'baseline.json',
    share: 200,
    prepare: (_, { report }) => bytesOf(report, 'record.json'),
    read: async (folder) => {
      const { path, failing, open } = readBaseline(join(folder, 'baseline.json'));
      return [path, JSON.stringify([failing, open])];
    },
    words: (folder, { report }) => [
      ...['report', join(report, 'record.json')],
      ...['--baseline', join(folder, 'baseline.json')],
    ],
  },
];

/** What cases say of evidence. */
async function replayed(target: string, only: readonly string[]): Promise<readonly string[]> {
  const adapter = await openReplay(target);
  const said: string[] = [];
  const end = await runSuites({
    adapter,
    only,
    onStart: ({ facts }) => void said.push(facts.implementation),
    onCaseStart: () => undefined,
    onCaseEnd: ({ reason, verdicts }) => void said.push(reason, JSON.stringify(verdicts)),
    onNotice: ({ message }) => void said.push(message),
  });
  return [...said, end.reason];
}

const WAIVED = { target: 'sim:*', reason: 'known', owner: 'us', issue: 'https://example.org/1' };

const WAIVERS = {
  version: 1,
  waivers: [
    { id: 'LEN-02', ...WAIVED, expires: '2099-01-02' },
    { id: 'ERR-01', ...WAIVED, expires: '2099-02-03' },
  ],
};

const PROGRAM = {
  deadlineMs: 1000,
  threads: [
    {
      client: 'main',
      operations: [
        { op: 'open', file: 'region:0', flags: '0x2', slot: 'fd' },
        { op: 'close', fd: { slot: 'fd' } },
      ],
    },
  ],
};

const SETTINGS: readonly InputFormat[] = [
  {
    name: 'waivers',
    kind: 'json',
    file: 'waivers.json',
    share: 300,
    prepare: () => Buffer.from(JSON.stringify(WAIVERS)),
    read: async (folder) => [JSON.stringify(readWaivers(join(folder, 'waivers.json')))],
    words: (folder, { report }) => [
      ...['report', join(report, 'record.json')],
      ...['--waivers', join(folder, 'waivers.json')],
    ],
  },
  {
    name: 'a configuration',
    kind: 'json',
    file: 'allocert.config.json',
    share: 300,
    prepare: () => Buffer.from(JSON.stringify({ run: { target: 'sim:', only: ['LEN-02'] } })),
    refusesMore: true,
    read: async (folder) => {
      const { name, value } = await readConfig(join(folder, 'allocert.config.json'));
      return [name, JSON.stringify(value)];
    },
    words: (folder) => [
      ...['config', 'print', 'run', '--config', join(folder, 'allocert.config.json')],
    ],
  },
  {
    name: 'Programs',
    kind: 'json',
    file: 'programs.json',
    share: 400,
    prepare: () => Buffer.from(JSON.stringify([PROGRAM, PROGRAM])),
    read: async (folder) => [JSON.stringify(toJson(readPrograms(join(folder, 'programs.json'))))],
    words: (folder) => ['diff', 'sim:', 'sim:', '--program', join(folder, 'programs.json')],
  },
];

/** The files of a campaign but for one. */
function campaignWithout(file: string, folder: string, campaign: string): Buffer {
  const names = readdirSync(campaign).filter((name) => /^fuzz\.ndjson$|^finding-/.test(name));
  for (const name of names.filter((one) => one !== file)) {
    writeFileSync(join(folder, name), bytesOf(campaign, name));
  }
  return bytesOf(campaign, file);
}

/** The first finding of a campaign. */
const findingIn = (campaign: string): string =>
  readdirSync(campaign).find((name) => /^finding-.*\.json$/.test(name)) ?? '';

const CAMPAIGNS: readonly InputFormat[] = [
  {
    name: 'a campaign',
    kind: 'lines',
    file: 'fuzz.ndjson',
    share: 250,
    prepare: (folder, { campaign }) => campaignWithout('fuzz.ndjson', folder, campaign),
    read: async (folder) => {
      const picture = writeCampaignReport(folder);
      if (picture === undefined) throw usageError('it has not begun');
      return [picture.target, picture.unfinished];
    },
    words: (folder) => ['report', folder],
  },
  {
    name: 'a campaign beside a report',
    kind: 'lines',
    file: 'fuzz.ndjson',
    share: 150,
    refusesMore: true,
    prepare: (folder, { campaign }) => campaignWithout('fuzz.ndjson', folder, campaign),
    read: async (folder) => [JSON.stringify(readCampaignSummary(folder))],
    words: (folder, { report }) => ['report', join(report, 'record.json'), folder],
  },
  {
    name: 'a campaign that goes on',
    kind: 'lines',
    file: 'fuzz.ndjson',
    share: 100,
    refusesMore: true,
    prepare: (folder, { campaign }) => {
      cpSync(join(campaign, 'corpus'), join(folder, 'corpus'), { recursive: true });
      return campaignWithout('fuzz.ndjson', folder, campaign);
    },
    read: async (folder) => {
      const { target } = resumedRequest(readResumeState(folder), undefined, ROUNDS);
      return [target];
    },
    words: (folder) => ['fuzz', '--resume', '--rounds', '8', '--workers', '1', '--out', folder],
  },
  {
    name: 'a finding',
    kind: 'json',
    file: 'finding-0.json',
    share: 500,
    prepare: (_, { campaign }) => bytesOf(campaign, findingIn(campaign)),
    read: async (folder) => {
      const finding = readFinding(join(folder, 'finding-0.json'));
      const program = reproducerOf(finding);
      const picture = pictureOf(finding, { file: 'finding-0.json' });
      return [...scheduleOf(finding), JSON.stringify(program), picture.kind];
    },
    words: (folder) => [
      ...['replay', join(folder, 'finding-0.json'), '--c', join(folder, 'finding-0.c')],
    ],
  },
  {
    name: 'an entry of a corpus',
    kind: 'json',
    file: 'entry.json',
    share: 300,
    prepare: (_, { campaign }) => {
      const corpus = join(campaign, 'corpus');
      return bytesOf(corpus, readdirSync(corpus)[0] ?? '');
    },
    read: async (folder) => {
      const entry = entryFrom(readFile(named(folder)).text);
      return scheduleText({ ...entry, histories: [] });
    },
    words: (folder) => ['corpus', 'show', named(folder)],
  },
];

const ROUNDS = { rounds: 8, operations: undefined, milliseconds: undefined };

/** The entry under the name that its content gives it. */
function named(folder: string): string {
  const text = readFileSync(join(folder, 'entry.json'), 'utf8');
  const corpus = join(folder, 'corpus');
  rmSync(corpus, { recursive: true, force: true });
  mkdirSync(corpus);
  const file = join(corpus, `${digestOf(text)}.json`);
  writeFileSync(file, text);
  return file;
}

/** Every format. */
export const INPUT_FORMATS: readonly InputFormat[] = [...RECORDS, ...SETTINGS, ...CAMPAIGNS];
