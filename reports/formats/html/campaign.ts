import { campaignCharts } from './charts.ts';
import { anchor, html, type Markup } from './escape.ts';
import { findingSection } from './finding.ts';
import type { CampaignPicture } from './fuzz-picture.ts';
import { countText, detailList, factList, themeButton, timeOf } from './parts.ts';
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
  for (const { cause, places } of picture.groups) {
    const [first, ...faces] = places;
    yield* sectionOf(picture, first);
    if (faces.length === 0) continue;
    yield html`<div class="faces"><p>${countText(faces.length, 'other broken promise')} of the same cause:
 ${cause}.</p>`.text;
    for (const place of faces) yield* sectionOf(picture, place);
    yield '</div>';
  }
  yield '</main>';
}

function* sectionOf({ findings }: CampaignPicture, place: number): Generator<string> {
  const finding = findings[place];
  if (finding !== undefined) yield findingSection(finding, place).text;
}

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
      `${countText(rounds, 'round')}, ${countText(operations, 'operation')} in ${seconds.toFixed(1)} s`,
    ],
    ...(memoryLimit === undefined ? [] : [['Memory limit', `${memoryLimit} bytes`] as const]),
    ['Seed', `0x${BigInt(picture.seed).toString(16)}`],
    ['allocert', picture.allocert],
  ])}${detailList(facts?.details ?? {})}${notices.map((notice) => html`<p class="note">${notice}</p>`)}</header>`;
}

function verdict({ findings, groups, unfinished }: CampaignPicture, rounds: number): Markup {
  if (findings.length > 0) {
    const causes =
      groups.length === findings.length ? '' : `, of at most ${countText(groups.length, 'cause')}`;
    const promises = countText(findings.length, 'broken promise');
    return html`<h1 class="bad">✗ The fuzzer found ${promises}${causes}.</h1>`;
  }
  const so = unfinished === '' ? '' : ' so far';
  return html`<h1 class="${unfinished === '' ? 'good' : 'open'}">${
    unfinished === '' ? '✓' : '?'
  } Nothing was found in ${countText(rounds, 'round')}${so}.</h1>`;
}

function findingsTable({ findings, groups }: CampaignPicture): Markup {
  if (findings.length === 0) return html``;
  const ordered = groups.flatMap(({ places }) =>
    places.flatMap((place, index) => {
      const finding = findings[place];
      return finding === undefined ? [] : [{ ...finding, isFace: index > 0 }];
    }),
  );
  const rows = ordered.map(({ isFace, kind, reproduced, round, rule, schedule, signature }) => {
    const again =
      reproduced === undefined ? 'not run again' : `${reproduced.times} of ${reproduced.of}`;
    const sign = isFace ? html`<span title="of the same cause as the one above">↳</span> ` : '';
    return html`<tr class="${isFace ? 'face' : ''}"><th scope="row">${sign}<a
 href="#${anchor('f', signature)}">${rule.id}</a></th>
<td>${rule.level ?? ''}</td><td>${kind}</td><td>${again}</td><td class="wide">${schedule.length}</td>
<td class="wide">${round}</td></tr>`;
  });
  return html`<section id="findings"><h2>Findings</h2><div class="scroll"><table class="list"><thead><tr>
<th scope="col">Rule</th><th scope="col">Level</th><th scope="col">What</th>
<th scope="col">Shows again, runs</th><th scope="col" class="wide">Operations</th>
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
<th scope="col">Rounds</th><th scope="col">Operations</th><th scope="col">Rounds that broke a promise</th></tr>
</thead><tbody>${rows}</tbody></table></div>`;
}
