import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../base/package-root.ts';
import { escapeText } from './escape.ts';

/**
 * A page around its body: style, script, and the policy that names them. One file that needs
 * nothing from outside.
 *
 * @param body the pieces of finished markup, asked for one at a time
 */
export function* pageAround(title: string, body: Iterable<string>): Generator<string> {
  const style = source('style.css');
  const script = source('page.js');
  const values: Readonly<Record<string, string>> = {
    policy: policyOf(style, script),
    title: escapeText(title),
    style,
    script,
  };
  for (const [index, part] of source('template.html')
    .split(/\{\{(\w+)\}\}/)
    .entries()) {
    if (index % 2 === 0) yield part;
    else if (part === 'body') yield* body;
    else yield values[part] ?? '';
  }
}

/** Only this page's own style and script may act, whatever gets into its text. */
function policyOf(style: string, script: string): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${digest(style)}'`,
    `script-src 'sha256-${digest(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64');

const source = (name: string): string =>
  readFileSync(join(packageRoot(), 'reports', 'formats', 'html', name), 'utf8');
