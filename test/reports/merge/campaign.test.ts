import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../../base/package-root.ts';
import { readCampaignSummary } from '../../../reports/merge/campaign.ts';
import { openInputs } from '../../../reports/merge/input.ts';
import { temporaryDirectory } from '../sample.ts';

const WHOLE = 'test/fixtures/debian-6.12-dma-heap/finding-unknown-nr.json';

const FINDING = {
  ...JSON.parse(readFileSync(join(packageRoot(), WHOLE), 'utf8')),
  ...{ requirement: 'ISO-01', signature: 'content ISO-01: residue', oracle: 'content' },
  ...{ kind: 'residue', detail: 'a new buffer is not zero', mode: 'hammer' },
  reproduced: { times: 9, of: 10 },
};

const LINES = [
  { type: 'campaign', version: '0.1.0', target: 'sim:', seed: '7', modes: ['hammer'] },
  { type: 'round', index: 0, operations: 40 },
  { type: 'finding', signature: FINDING.signature, file: 'finding-0123456789ab.json' },
  { type: 'round', index: 1, operations: 2 },
  { type: 'round', index: 1, operations: 2 },
  { type: 'suspect', round: 5, why: 'it died' },
  { type: 'something of a later version', operations: 1000 },
];

function campaign(lines: readonly object[] = LINES, finding: object = FINDING): string {
  const folder = temporaryDirectory();
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(join(folder, 'fuzz.ndjson'), text);
  writeFileSync(join(folder, 'finding-0123456789ab.json'), JSON.stringify(finding));
  return folder;
}

t.test(
  'a campaign is summed up; a round counts once, what is unknown is passed over',
  async (t) => {
    const folder = campaign();
    const summary = readCampaignSummary(folder);
    t.match(summary, {
      ...{ allocert: '0.1.0', target: 'sim:', seed: '7', profile: '', modes: ['hammer'] },
      ...{ rounds: 2, operations: 42, suspects: 1 },
      findings: [{ requirement: 'ISO-01', kind: 'residue', reproduced: { times: 9, of: 10 } }],
    });
    const sha256 = (name: string): string =>
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex');
    t.equal(summary.digest, sha256('fuzz.ndjson'));
    t.equal(summary.findings[0]?.digest, sha256('finding-0123456789ab.json'));
    appendFileSync(join(folder, 'fuzz.ndjson'), '{"type":"round","ind');
    t.equal(readCampaignSummary(folder).rounds, 2, 'a line that was cut off is left out');
  },
);

t.test('what contradicts another file or line is named', async (t) => {
  const refuses = (folder: string, message: RegExp): void => {
    t.throws(() => readCampaignSummary(folder), { exitCode: 3, message });
  };
  refuses(
    campaign(LINES, { ...FINDING, signature: 'x' }),
    /finding-0123456789ab\.json is contradicted by .*fuzz\.ndjson: signature says "x", and "content/,
  );
  refuses(
    campaign(LINES, { ...FINDING, requirement: 'ISO-02' }),
    /oracle and requirement say content ISO-02, and the signature is "content ISO-01: residue"/,
  );
  const proof = (signature: string): object => ({
    ...{ type: 'round', index: 7, operations: 2, signatures: [signature] },
  });
  t.ok(readCampaignSummary(campaign([...LINES, proof(FINDING.signature)])));
  refuses(
    campaign([...LINES, proof('content ISO-01: other')]),
    /fuzz\.ndjson is contradicted by itself: round 7 proves "content ISO-01: other", and no finding/,
  );
  const faces = LINES.map((line) =>
    line.type === 'finding' ? { ...line, faces: ['layout MAP-01: torn'] } : line,
  );
  t.ok(readCampaignSummary(campaign([...faces, proof('layout MAP-01: torn')])));
  const sample = { type: 'sample', ms: 10, operations: 45, peakBytes: '0' };
  refuses(campaign([...LINES, sample]), /samples count 45 operations, and rounds have 44/);
});

t.test('what is damaged or missing is refused in a sentence', async (t) => {
  const refuses = (folder: string, message: RegExp): void => {
    t.throws(() => readCampaignSummary(folder), { blame: 'usage', message });
  };
  refuses(campaign([]), /does not begin with a campaign/);
  refuses(
    campaign([{ type: 'campaign' }]),
    /line 1 is damaged: it is not what allocert fuzz writes/,
  );
  refuses(
    campaign([...LINES, { type: 'round', index: -1, operations: 0 }]),
    /line 8 is damaged: it is not what/,
  );
  const outside = { type: 'finding', signature: 'x', file: '../finding-0.json' };
  refuses(
    campaign([...LINES, outside]),
    /line 8 is damaged: it is not what allocert fuzz writes: at \/file/,
  );
  refuses(campaign(LINES, { version: 1 }), /is not what allocert fuzz writes/);
  const missing = campaign();
  unlinkSync(join(missing, 'finding-0123456789ab.json'));
  refuses(missing, /cannot be read, there is no such file; the campaign names it/);
  t.throws(() => openInputs([campaign()]), { blame: 'usage', message: /fuzz campaigns alone/ });
});
