import { catalogue } from '../../../catalogue/catalogue.ts';
import type { RunRecord } from '../../record/record.ts';
import type { Status } from '../../record/status.ts';
import { html, type Markup } from './escape.ts';
import { badge } from './status.ts';

const MEANINGS: Readonly<Record<Status, string>> = {
  crash: 'The target died while the case ran.',
  hang: 'The target stopped answering while the case ran.',
  fail: 'A MUST that binds was observed to be broken.',
  inconclusive: 'Nothing can be said: the control observation or allocert itself failed.',
  flaky: 'It failed, and did not fail when the case ran again on the same target.',
  warn: 'A SHOULD was observed to be broken, or the profile lists the deviation as known.',
  waived: 'It failed, and a waiver covers it until its last day.',
  info: 'It was observed, but no rule that binds in this profile says what is right.',
  pass: 'It was observed as expected.',
  skip: 'It cannot be observed on this target; the row says why.',
};

/** What the words of a page mean, for those who see one for the first time. */
export function legend(record: RunRecord): Markup {
  const profiles = record.profiles.map(({ abi, authorities, name }) => {
    const known = catalogue().profiles.find((one) => one.name === name);
    const title = known === undefined ? `a profile of the ABI ${abi}` : known.title;
    return html`<dt>${name}</dt><dd>${title}. Rules of ${authorities.join(', ')} bind.</dd>`;
  });
  const statuses = Object.entries(MEANINGS).map(
    ([status, text]) => html`<dt>${badge(status as Status)}</dt><dd>${text}</dd>`,
  );
  return html`<details id="legend"><summary>What the words mean</summary><div class="legend">
<div><h3>Status of a requirement</h3><dl>${statuses}
<dt><b>known</b></dt><dd>It failed in the baseline too, so it does not decide the exit code.</dd>
</dl></div><div><h3>Profiles</h3><dl>${profiles}
<dt>decides</dt><dd>The profile whose failures make the exit code.</dd>
<dt>holds</dt><dd>The run is complete, no rule that binds is broken, every MUST is decided, and
enough was observed.</dd></dl>
<h3>Levels</h3><dl><dt>MUST</dt><dd>A deviation is a failure.</dd>
<dt>SHOULD</dt><dd>A deviation is a warning.</dd>
<dt>MAY</dt><dd>A deviation is information.</dd></dl>
<h3>Where a rule comes from</h3><dl><dt>text</dt><dd>The specification itself.</dd>
<dt>safety</dt><dd>What no text can excuse: leaks, memory of others, freed memory.</dd>
<dt>guidance</dt><dd>Rules of the kernel for every driver.</dd></dl></div></div></details>`;
}
