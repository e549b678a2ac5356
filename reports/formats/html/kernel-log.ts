import { kernelReports, reportInWords } from '../../../adapters/contract/kernel-log.ts';
import { html, type Markup } from './escape.ts';

/** Complaints that are shown with all that the kernel said of them. */
const REPORTS_MAX = 4;
/** Lines of a log that are shown beside them. */
const LINES_MAX = 200;

/** What a kernel said: first what it complained of, each defect in one piece, then the log. */
export function kernelLog(log: readonly string[]): Markup {
  if (log.length === 0) return html``;
  const reports = kernelReports(log);
  const shown = reports.slice(0, REPORTS_MAX).map(
    (report) => html`<p class="bad">${reportInWords(report)}</p>
<pre class="report">${report.lines.join('\n')}</pre>`,
  );
  const more = reports.length - shown.length;
  const rest = more > 0 ? html`<p class="quiet">${more} more in the log.</p>` : '';
  const complaints = shown.length === 0 ? '' : html`<h3>Kernel reports</h3>${shown}${rest}`;
  return html`${complaints}<details${shown.length === 0 ? ' open' : ''}><summary>Kernel log, ${log.length} lines</summary>
<pre>${log.slice(0, LINES_MAX).join('\n')}</pre>${cut(log.length - LINES_MAX)}</details>`;
}

const cut = (missing: number): Markup =>
  missing > 0 ? html`<p class="quiet">${missing} more lines are in the evidence.</p>` : html``;
