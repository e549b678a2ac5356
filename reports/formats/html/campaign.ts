import { campaignCharts } from './charts.ts';
import { anchor, html, type Markup } from './escape.ts';
import { findingSection } from './finding.ts';
import type { CampaignPicture } from './fuzz-picture.ts';
import { factList, themeButton, timeOf } from './parts.ts';
import { pageAround } from './shell.ts';

/** The HTML report of a campaign of the fuzzer, in pieces; see `pageAround`. */
export const campaignPage = (picture: CampaignPicture): Generator<string> =>
  pageAround(`allocert fuzz: ${picture.target}`, body(picture));

function* body(picture: CampaignPicture): Generator<string> {
  yield head(picture).text;
  yield '<main>';
  yield findingsTable(picture).text;
  yield html`<section id="campaign"><h2>Campaign</h2>${modesTable(picture)}
${campaignCharts(picture)}</section>`.text;
  for (const [index, finding] of picture.findings.entries()) {
    yield findingSection(finding, index).text;
  }
  yield '</main>';
}

const plural = (count: number, word: string): string =>
  `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

function head(picture: CampaignPicture): Markup {
  const { facts, memoryLimit, modes, samples, suspects, unfinished } = picture;
  const rounds = modes.reduce((sum, one) => sum + one.rounds, 0);
  const operations = modes.reduce((sum, one) => sum + one.operations, 0);
  const seconds = samples.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  const notices = [
    ...(unfinished === '' ? [] : [`The campaign did not spend its budget: ${unfinished}.`]),
    ...suspects.map(({ round, why }) => `Round ${round} killed its worker: ${why}`),
  ];
  return html`<header>${themeButton()}${verdict(picture, rounds)}${factList([
    ['Target', picture.target],
    ['Implementation', facts?.implementation ?? ''],
    ['Kernel', facts?.kernel?.release ?? ''],
    [
      'Architecture',
      facts === undefined ? '' : `${facts.architecture}, ${facts.pageSize} byte pages`,
    ],
    ['Devices', facts?.regions.map(({ name, node }) => `${node} (${name})`).join(', ') ?? ''],
    ['Profile', picture.profile ?? ''],
    ['Started', timeOf(picture.startedAt ?? '')],
    [
      'Did',
      `${plural(rounds, 'round')}, ${plural(operations, 'operation')} in ${seconds.toFixed(1)} s`,
    ],
    ...(memoryLimit === undefined ? [] : [['Memory limit', `${memoryLimit} bytes`] as const]),
    ['Seed', `0x${BigInt(picture.seed).toString(16)}`],
    ['allocert', picture.allocert],
    ...Object.entries(facts?.details ?? {}),
  ])}${notices.map((notice) => html`<p class="note">${notice}</p>`)}</header>`;
}

function verdict({ findings, unfinished }: CampaignPicture, rounds: number): Markup {
  if (findings.length > 0) {
    return html`<h1 class="bad">✗ The fuzzer found ${plural(findings.length, 'broken promise')}.</h1>`;
  }
  const so = unfinished === '' ? '' : ' so far';
  return html`<h1 class="${unfinished === '' ? 'good' : 'open'}">${
    unfinished === '' ? '✓' : '?'
  } Nothing was found in ${plural(rounds, 'round')}${so}.</h1>`;
}

function findingsTable({ findings }: CampaignPicture): Markup {
  if (findings.length === 0) return html``;
  const rows = findings.map(({ kind, reproduced, round, rule, schedule, signature }) => {
    const again =
      reproduced === undefined ? 'not run again' : `${reproduced.times} of ${reproduced.of}`;
    return html`<tr><th scope="row"><a href="#${anchor('f', signature)}">${rule.id}</a></th>
<td>${rule.level ?? ''}</td><td>${kind}</td><td>${again}</td><td class="wide">${schedule.length}</td>
<td class="wide">${round}</td></tr>`;
  });
  return html`<section id="findings"><h2>Findings</h2><div class="scroll"><table class="list"><thead><tr>
<th scope="col">Rule</th><th scope="col">Level</th><th scope="col">What</th>
<th scope="col">Shows again</th><th scope="col" class="wide">Operations</th>
<th scope="col" class="wide">Round</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`;
}

function modesTable({ modes }: CampaignPicture): Markup {
  const rows = modes.map(
    ({
      broken,
      name,
      operations,
      rounds,
    }) => html`<tr><th scope="row">${name}</th><td>${rounds}</td>
<td>${operations}</td><td class="${broken === 0 ? 'zero' : 'fail'}">${broken}</td></tr>`,
  );
  return html`<div class="scroll"><table class="counts modes"><thead><tr><th scope="col">Mode</th>
<th scope="col">Rounds</th><th scope="col">Operations</th><th scope="col">Broke something</th></tr>
</thead><tbody>${rows}</tbody></table></div>`;
}
