import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import t from 'tap';
import { temporaryDirectory } from '../../sample.ts';

const CHROMIUM = '/usr/bin/chromium';

/** Why browser tests cannot run here; false where they can. */
export const skip = existsSync(CHROMIUM) ? false : 'Chromium is not installed';

/** What must never run, wherever a target gets it into a page. */
export const HOSTILE =
  '</script><script>window.ran = 1</script><img src=x onerror="window.ran = 1">';

let browser: Promise<Browser> | undefined;

function launched(): Promise<Browser> {
  // The sandbox wants a user that is not root.
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  return browser;
}

t.teardown(async () => (await browser)?.close());

/** How a page is opened. */
export interface View {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** A page, and what must stay empty: what the browser complained of, and what it asked for. */
export interface Opened {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

/** Opens a file in a browser that is offline. */
export async function openFile(file: string, view: View = {}): Promise<Opened> {
  const { width = 1280, colorScheme = 'light' } = view;
  const viewport = { width, height: 900 };
  const context = await (await launched()).newContext({ offline: true, colorScheme, viewport });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`file://${file}`);
  return { page, complaints, requests: requests.filter((url) => url !== `file://${file}`) };
}

/** Opens the text of a page; see {@link openFile}. */
export async function openText(text: string, view: View = {}): Promise<Opened> {
  const file = join(temporaryDirectory(), 'report.html');
  writeFileSync(file, text);
  return openFile(file, view);
}

/** Opens whatever can be opened, as a reader would. */
export const unfold = (page: Page): Promise<void> =>
  page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');

/**
 * Texts whose contrast with what is behind them is below 4.5, as WCAG 2 computes it; each with its
 * ratio. Text on a drawing is compared with its own outline.
 */
export const faintTexts = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const parse = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => {
      const linear = [r, g, b].map((one) => {
        const c = one / 255;
        return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const behind = (element) => {
      const style = getComputedStyle(element);
      if (element instanceof SVGTextElement && style.stroke !== 'none') return parse(style.stroke);
      for (let one = element; one !== null; one = one.parentElement) {
        const color = parse(getComputedStyle(one).backgroundColor);
        if (color.length < 4 || color[3] > 0) return color;
      }
      return [255, 255, 255];
    };
    const faint = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      if (node.data.trim() === '' || element.closest('script, title, [hidden]') !== null) continue;
      const style = getComputedStyle(element);
      const color = parse(element instanceof SVGElement ? style.fill : style.color);
      const [a, b] = [luminance(color), luminance(behind(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const name = element.localName + '.' + (element.getAttribute('class') ?? '');
      if (ratio < 4.5) faint.add(name + ' ' + ratio.toFixed(2));
    }
    return [...faint];
  })()`);

/** Elements whose content is cut off at their right, in what is shown now. */
export const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('body *')]
    .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1)
    .filter((one) => getComputedStyle(one).display !== 'inline' && !(one instanceof SVGElement))
    .map((one) => one.localName + '.' + one.className + ' ' + one.scrollWidth)`);

/** Labels in which a line ends within a word. */
export const brokenLabels = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const broken = new Set();
    const labels = 'th, dt, caption, figcaption, legend, button, .badge, .level, .brand, .took';
    for (const label of document.querySelectorAll(labels)) {
      const walker = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        for (const { 0: word, index } of node.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
          const range = document.createRange();
          range.setStart(node, index);
          range.setEnd(node, index + word.length);
          if (range.getClientRects().length > 1) broken.add(word);
        }
      }
    }
    return [...broken];
  })()`);
