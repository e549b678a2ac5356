import { deflateRawSync } from 'node:zlib';
import type { Point } from '../../record/points.ts';
import type { RunRecord } from '../../record/record.ts';
import type { Standing } from '../../record/standing.ts';
import { Markup, visibleText } from './escape.ts';
import { hasEvidence } from './evidence.ts';
import { countText, tookText } from './parts.ts';

/** Cases of a run up to which every row of its page is plain markup; most runs have far fewer. */
const PLAIN_CASES = 2000;

/** Rows of a requirement that are plain even in a long page. */
const PLAIN_ROWS = 10;

/** Rows that are packed together, and shown by one click. */
const BLOCK_ROWS = 500;

/** The rows of a requirement in a page. */
interface SplitRows {
  /** As markup: everything that did not pass, and the first that did. */
  readonly plain: readonly Point[];
  readonly packed: readonly Point[];
}

/**
 * Which rows a page has as markup. In the page of a long run most rows say the same: packed they
 * take a tenth of the room, and the browser makes elements only of what is asked for.
 */
export function splitRows(
  record: RunRecord,
  points: readonly Point[],
  standingOf: (point: Point) => Standing,
): SplitRows {
  if (record.cases.length <= PLAIN_CASES) return { plain: points, packed: [] };
  const plain: Point[] = [];
  const packed: Point[] = [];
  let passed = 0;
  for (const point of points) {
    const isQuiet = standingOf(point) === 'passes' && point.status === 'pass';
    const isPacked = isQuiet && passed >= PLAIN_ROWS && !hasEvidence(record, point.case);
    if (isQuiet) passed += 1;
    (isPacked ? packed : plain).push(point);
  }
  return { plain, packed };
}

/** Rows that only the script of the page shows; without it their number is told. */
export function* packedRows(points: readonly Point[]): Generator<string> {
  if (points.length === 0) return;
  const count = countText(points.length, 'more case');
  yield `<p class="packed-note">${count} passed, packed in this file; a browser that runs scripts shows them, and <code>record.json</code> has them.</p>`;
  for (let from = 0; from < points.length; from += BLOCK_ROWS) {
    const rows = points.slice(from, from + BLOCK_ROWS);
    yield new Markup(`<template data-rows="${rows.length}">${packed(rows)}</template>`).text;
  }
}

/** A line for each row, with a tab between two cells, compressed, in base64. */
const packed = (rows: readonly Point[]): string =>
  deflateRawSync(rows.map(lineOf).join('\n')).toString('base64');

function lineOf(point: Point): string {
  const { id, title } = point.case;
  const { expected, observed, reason } = point;
  return [id, title, tookText(point), expected.join(' or '), observed.join(', '), reason]
    .map((cell) => visibleText(cell).replace(/[\t\n]/g, ' '))
    .join('\t');
}
