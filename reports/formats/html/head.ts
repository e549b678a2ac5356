import type { RunRecord } from '../../record/record.ts';
import { finalVerdict, type VerdictText } from '../verdict.ts';
import { html, type Markup } from './escape.ts';
import { countText, detailList, factList, themeButton, timeOf } from './parts.ts';
import { linkIfWeb } from './source.ts';

/** The head of the page: the verdict first, then on what it was given, and where it was made. */
export function header(record: RunRecord): Markup {
  const notices = noticeList([...record.notices, ...(record.gate?.warnings ?? [])]);
  const shown = finalVerdict(record);
  return html`<header>
${themeButton()}${headline(shown)}
${factList([...targetRows(record), ...placeRows(record)])}${detailList(record.facts.details)}
${notices}
</header>`;
}

/** Characters of a verdict that are read at one glance. */
const HEADLINE_MAX = 90;

/** A verdict as headline; a long one, which names what decides, is set smaller. */
const headline = ({ text, tone }: VerdictText): Markup =>
  html`<h1 class="${tone}"${text.length > HEADLINE_MAX ? html` data-long` : ''}>${signed({ text, tone })}</h1>`;

/** Notices that stand open; a longer list would push what failed off the screen. */
const OPEN_MAX = 3;

/** Sentences on a run as a whole. */
export function noticeList(notices: readonly string[]): Markup {
  const list = notices.map((notice) => html`<p class="note">${notice}</p>`);
  if (list.length <= OPEN_MAX) return html`${list}`;
  return html`<details><summary>${countText(list.length, 'notice')}</summary>${list}</details>`;
}

const SIGNS = { good: '✓', bad: '✗', open: '?' } as const;

/** A verdict with its sign. */
export const signed = ({ tone, text }: VerdictText): string => `${SIGNS[tone]} ${text}`;

type Row = readonly [string, string | Markup];

function targetRows(record: RunRecord): readonly Row[] {
  const { facts } = record;
  return [
    ['Target', record.target],
    ['Implementation', facts.implementation],
    ['Kernel', facts.kernel?.release ?? ''],
    ['Architecture', `${facts.architecture}, ${facts.pageSize} byte pages`],
    ['Devices', facts.regions.map(({ name, node }) => `${node} (${name})`).join(', ')],
    ['Started', timeOf(record.startedAt)],
    ['Took', `${(record.durationMs / 1000).toFixed(1)} s, ${record.cases.length} cases`],
    ['Seed', record.seed],
    ['allocert', record.allocert],
  ];
}

/** Names of the environment's facts as people know them; others keep theirs. */
const PLACE_NAMES: Readonly<Record<string, string>> = {
  command: 'Command',
  host: 'Host',
  node: 'Node',
  commit: 'Commit',
  branch: 'Branch',
  repository: 'Repository',
  job: 'CI job',
};

/** Where allocert ran, and for which commit: from the record's environment. */
function placeRows({ environment }: RunRecord): readonly Row[] {
  const known = Object.keys(PLACE_NAMES).filter((name) => Object.hasOwn(environment, name));
  const others = Object.keys(environment).filter((name) => !Object.hasOwn(PLACE_NAMES, name));
  return [...known, ...others].map((name): Row => {
    const value = environment[name] ?? '';
    const isCode = name === 'command' || name === 'commit';
    const shown = isCode ? html`<code>${wordsOf(value)}</code>` : linkIfWeb(value);
    return [PLACE_NAMES[name] ?? name, value === '' ? '' : shown];
  });
}

/** The words of a command, each of which stays together. */
const wordsOf = (command: string): Markup[] =>
  command.split(' ').map((word, index) => html`${index === 0 ? '' : ' '}<span>${word}</span>`);
