/** Edits of a package's data after which every digest fits again, and why each is refused. */
import { createHash } from 'node:crypto';
import { PACKAGE_HEAD } from '../../reports/certificate/package-files.ts';
import {
  type Data,
  journalOf,
  type Loose,
  textIn,
  withJournal,
  withJson,
  withLines,
  without,
  withText,
} from './forge.ts';

const isEndOf =
  (id: string) =>
  (line: Loose): boolean =>
    line.type === 'case-end' && line.case === id;

/** Edits the end of one case in the journal of the first run. */
const atEnd =
  (id: string, edit: (line: Loose) => void) =>
  (data: Data): Data =>
    withJournal(data, 1, (line) => {
      if (isEndOf(id)(line)) edit(line);
    });

const firstLine = (edit: (line: Loose) => void) => (line: Loose, index: number) => {
  if (index === 0) edit(line);
};

/** The first operation of a case's client that came back with an error. */
function refusedResult(line: Loose): Loose {
  for (const { history } of line.transcript.entries) {
    for (const result of history.threads.flat()) if (result.errno !== undefined) return result;
  }
  throw new Error(`nothing was refused in ${line.case}`);
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const head =
  (edit: (value: Loose) => void) =>
  (data: Data): Data =>
    withJson(data, PACKAGE_HEAD, edit);

const loosened =
  (isPinned: boolean) =>
  (data: Data): Data => {
    const rules = JSON.parse(textIn(data, 'data/catalogue.json'));
    for (const one of rules.requirements) if (one.id === 'IOC-02') one.level = 'SHOULD';
    const text = `${JSON.stringify(rules)}\n`;
    const edited = withText(data, 'data/catalogue.json', text);
    if (!isPinned) return edited;
    return withJson(edited, PACKAGE_HEAD, (one) =>
      Object.assign(one, { catalogue: digestOf(text) }),
    );
  };

/** What was done, the reason by which it is refused, and how. */
export type Tampering = readonly [what: string, reason: string, edit: (data: Data) => Data];

export const TAMPERINGS: readonly Tampering[] = [
  // Verdicts and answers.
  [
    'a verdict was edited, with record and evidence',
    'verdict',
    atEnd('IOC-02/unknown-nr', (line) => {
      line.verdicts[0].status = 'warn';
    }),
  ],
  [
    'a case was said to have skipped',
    'verdict',
    atEnd('LEN-01/zero', (line) =>
      Object.assign(line, { end: 'skip', reason: 'no', verdicts: [] }),
    ),
  ],
  [
    'the errno of an answer was changed',
    'verdict',
    atEnd('LEN-01/zero', (line) => {
      refusedResult(line).errno = 'ENOMEM';
    }),
  ],
  [
    'an answer was dropped',
    'verdict',
    atEnd('ERR-03/read-only', (line) => line.transcript.entries.pop()),
  ],
  [
    'a result was dropped from a history',
    'history',
    atEnd('ERR-03/read-only', (line) => line.transcript.entries[1].history.threads[0].pop()),
  ],
  [
    'a question was changed',
    'history',
    atEnd('LEN-01/zero', (line) => {
      line.transcript.entries[1].program.deadlineMs = 1;
    }),
  ],
  [
    'journal and evidence disagree',
    'journal-evidence',
    (data) =>
      withLines(data, journalOf(2), (line) => {
        if (isEndOf('LEN-01/zero')(line)) refusedResult(line).errno = 'ENOMEM';
      }),
  ],
  [
    'the evidence lacks a case',
    'journal-evidence',
    (data) => withLines(data, 'data/runs/2/evidence.ndjson', (_, index) => index !== 3),
  ],
  [
    'the record says another exit code',
    'record',
    (data) =>
      withJson(data, 'data/runs/3/record.json', (value) => Object.assign(value, { exitCode: 3 })),
  ],
  // The course of a run.
  [
    'a run was copied over another one',
    'seed',
    (data) =>
      ['journal.ndjson', 'record.json', 'evidence.ndjson'].reduce<Data>(
        (all, name) => withText(all, `data/runs/2/${name}`, textIn(data, `data/runs/1/${name}`)),
        data,
      ),
  ],
  [
    'the cases of a run stand in another order',
    'order',
    (data) =>
      withJournal(
        data,
        1,
        firstLine((line) => line.cases.reverse()),
      ),
  ],
  [
    'a case that did not suit was left out',
    'order',
    (data) =>
      withJournal(data, 1, (line, index) => {
        if (index === 0) line.cases = line.cases.filter(({ id }: Loose) => id !== 'LEN-01/zero');
        return line.case !== 'LEN-01/zero';
      }),
  ],
  [
    'a run was gated',
    'journal',
    (data) =>
      withText(
        data,
        journalOf(1),
        textIn(data, journalOf(1)).replace(
          '\n',
          '\n{"type":"gate","failOn":"must","failOnFlaky":false,"waivers":[],"today":"2026-01-01"}\n',
        ),
      ),
  ],
  [
    'a run was retried',
    'journal',
    (data) =>
      withText(
        data,
        journalOf(1),
        `${textIn(data, journalOf(1))}{"type":"retry-start","startedAt":"2026-01-01T00:00:00.000Z","cases":[]}\n`,
      ),
  ],
  [
    'a journal is cut off',
    'journal',
    (data) => withText(data, journalOf(1), textIn(data, journalOf(1)).slice(0, -9)),
  ],
  [
    'a journal is no JSON',
    'journal',
    (data) => withText(data, journalOf(1), `{${textIn(data, journalOf(1))}`),
  ],
  [
    'a run did not come to its end',
    'incomplete',
    (data) =>
      withJournal(data, 1, (line) => {
        if (line.type === 'run-end') Object.assign(line, { complete: false, reason: 'no time' });
      }),
  ],
  [
    'a run was excused by --fixed',
    'option',
    (data) =>
      withJournal(
        data,
        1,
        firstLine((line) => Object.assign(line, { fixed: ['IOC-02'] })),
      ),
  ],
  [
    'a run was of a milder profile',
    'option',
    (data) =>
      withJournal(
        data,
        1,
        firstLine((line) => Object.assign(line, { profile: 'rfc' })),
      ),
  ],
  [
    'a rule was quoted as a SHOULD',
    'catalogue-quoted',
    (data) =>
      withJournal(
        data,
        1,
        firstLine((line) => {
          line.requirements[0].level = line.requirements[0].level === 'MAY' ? 'MUST' : 'MAY';
        }),
      ),
  ],
  [
    'the runs overlap',
    'run-times',
    (data) =>
      withJournal(
        data,
        2,
        firstLine((line) => Object.assign(line, { startedAt: '2020-01-01T00:00:00.000Z' })),
      ),
  ],
  [
    'another version made a run',
    'tool-version',
    (data) =>
      withJournal(
        data,
        2,
        firstLine((line) => Object.assign(line, { allocert: '0.0.9' })),
      ),
  ],
  [
    'a run is of another target',
    'target',
    (data) =>
      withJournal(
        data,
        3,
        firstLine((line) => Object.assign(line, { target: 'sim:?seed=2' })),
      ),
  ],
  [
    'a run met another machine',
    'target',
    (data) =>
      withJournal(
        data,
        3,
        firstLine((line) => {
          line.facts.architecture = 'riscv64';
        }),
      ),
  ],
  // The head.
  [
    'another version made the package',
    'tool-version',
    head((one) => Object.assign(one, { allocert: '9.9.9' })),
  ],
  [
    'the target was relabelled',
    'target',
    head((one) => Object.assign(one, { target: 'vm:debian/cma0' })),
  ],
  [
    'the product was renamed',
    'statement',
    head((one) => Object.assign(one.product, { name: 'Other' })),
  ],
  ['the challenge was exchanged', 'plan', head((one) => Object.assign(one, { challenge: 'new' }))],
  [
    'the campaign was said to be shorter',
    'plan',
    head((one) => Object.assign(one.plan.fuzz, { rounds: 2 })),
  ],
  [
    'the campaign was said to be longer',
    'round',
    head((one) => Object.assign(one.plan.fuzz, { rounds: 5 })),
  ],
  ['a seed was chosen', 'plan', head((one) => one.plan.runs.splice(0, 1, '0x1'))],
  ['cases were chosen', 'plan', head((one) => Object.assign(one.plan, { only: ['LEN-01/zero'] }))],
  [
    'the tool was modified',
    'tool-modified',
    head((one) => Object.assign(one.plan.tool, { modified: 'yes' })),
  ],
  [
    'nothing is said of the tool',
    'tool-modified',
    head((one) => Reflect.deleteProperty(one.plan, 'tool')),
  ],
  ['a catalogue with a rule loosened', 'catalogue', loosened(true)],
  ['the same, and the head pins the right one', 'catalogue', loosened(false)],
  // The campaign.
  [
    'a round was said to be of another mode',
    'round',
    (data) =>
      withLines(data, 'data/fuzz/fuzz.ndjson', (line) => {
        if (line.type === 'round' && line.index === 3) line.operations += 1;
      }),
  ],
  [
    'a round is missing',
    'round',
    (data) =>
      withLines(
        data,
        'data/fuzz/fuzz.ndjson',
        (line) => line.index !== 3 && line.type !== 'sample',
      ),
  ],
  [
    'a round was counted twice',
    'campaign',
    (data) =>
      withLines(data, 'data/fuzz/fuzz.ndjson', (line) => {
        if (line.index === 3) line.index = 2;
      }),
  ],
  [
    'the campaign had another seed',
    'campaign',
    (data) =>
      withLines(
        data,
        'data/fuzz/fuzz.ndjson',
        firstLine((line) => Object.assign(line, { seed: '1' })),
      ),
  ],
  [
    'the campaign had fewer modes',
    'campaign',
    (data) =>
      withLines(
        data,
        'data/fuzz/fuzz.ndjson',
        firstLine((line) => line.modes.pop()),
      ),
  ],
  [
    'the campaign met another target',
    'target',
    (data) =>
      withLines(
        data,
        'data/fuzz/fuzz.ndjson',
        firstLine((line) => Object.assign(line, { target: 'sim:?seed=2' })),
      ),
  ],
  [
    'the summary of the campaign was edited',
    'campaign',
    (data) => withJson(data, 'data/fuzz/fuzz.json', (one) => Object.assign(one, { operations: 1 })),
  ],
  [
    'a finding that no line names',
    'findings',
    (data) => withText(data, 'data/fuzz/finding-0123456789ab.json', '{}\n'),
  ],
  [
    'a sampled round has other Programs',
    'round',
    (data) =>
      withLines(
        data,
        'data/fuzz/rounds.ndjson',
        firstLine((line) => Object.assign(line, { programs: '0'.repeat(64) })),
      ),
  ],
  [
    'a sampled round is missing',
    'round',
    (data) => withLines(data, 'data/fuzz/rounds.ndjson', (_, index) => index !== 1),
  ],
  [
    'the answers of sampled rounds were left out',
    'round',
    (data) =>
      withLines(
        data,
        'data/fuzz/rounds.ndjson',
        (line) => Object.assign(line, { histories: null }) && true,
      ),
  ],
  [
    'an answer of a sampled round was changed',
    'round-verdict',
    (data) =>
      withLines(data, 'data/fuzz/rounds.ndjson', (line) => {
        // Whatever a round did, a kernel that complains of it has a defect.
        for (const history of line.histories) history.log = ['BUG: KASAN: use-after-free in f'];
      }),
  ],
  // What follows.
  [
    'the page was edited',
    'summary',
    (data) =>
      withText(
        data,
        'data/summary.html',
        textIn(data, 'data/summary.html').replace('Certified', 'CERTIFIED'),
      ),
  ],
  [
    'the environment was edited',
    'environment',
    (data) =>
      withJson(data, 'data/environment.json', (one) =>
        Object.assign(one, { taint: { value: '0' } }),
      ),
  ],
  [
    'the kill matrix is none',
    'qualification',
    (data) => withText(data, 'data/qualification.json', '{"matrix":{"version":2}}\n'),
  ],
  [
    'the statement was edited',
    'plan',
    (data) =>
      withJson(data, 'data/statement.json', (one) =>
        Object.assign(one.features, { 'no-mode-refused': false }),
      ),
  ],
  ['the statement is none', 'plan', (data) => withText(data, 'data/statement.json', '{}\n')],
  [
    'a waiver file that is none',
    'waivers',
    (data) => withText(data, 'data/waivers.json', '{"version":1,"waivers":[{}]}\n'),
  ],
  ['a run is missing', 'missing-file', (data) => without(data, 'data/runs/2/journal.ndjson')],
];
