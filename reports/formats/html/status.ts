import type { Status } from '../../record/status.ts';
import { html, type Markup } from './escape.ts';

const SIGNS: Readonly<Record<Status, string>> = {
  skip: '–',
  pass: '✓',
  info: 'i',
  waived: '≈',
  warn: '!',
  flaky: '~',
  inconclusive: '?',
  fail: '✗',
  hang: '∞',
  crash: '☠',
};

/** A status as a sign and a word; its colour only repeats what they say. */
export const badge = (status: Status): Markup =>
  html`<span class="badge ${status}"><span aria-hidden="true">${SIGNS[status]}</span> ${status}</span>`;
