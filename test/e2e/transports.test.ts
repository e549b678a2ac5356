/** The same target through every transport: the same answers, and so the same verdicts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Adapter, Transcript } from '../../adapters/contract/index.ts';
import { toJson } from '../../adapters/contract/index.ts';
import { openTarget } from '../../adapters/open-target.ts';
import { Daemon } from '../../adapters/remote/daemon.ts';
import { listenTls } from '../../adapters/remote/tls.ts';
import { listenUnix } from '../../adapters/remote/unix.ts';
import type { Verdict } from '../../reports/record/record.ts';
import { runSuites } from '../../suites/index.ts';
import { type Certificates, makeCertificates } from '../adapters/remote/certificates.ts';

interface Came {
  readonly complete: boolean;
  readonly facts: unknown;
  readonly notices: readonly string[];
  readonly verdicts: readonly Verdict[];
  readonly transcripts: readonly Transcript[];
}

async function everySuiteOn(adapter: Adapter): Promise<Came> {
  const verdicts: Verdict[] = [];
  const transcripts: Transcript[] = [];
  const notices: string[] = [];
  let facts: unknown;
  const end = await runSuites({
    adapter,
    only: [],
    onStart: (line) => {
      facts = line.facts;
    },
    onCaseStart: () => {},
    onNotice: ({ message }) => notices.push(message),
    onCaseEnd: (line) => {
      verdicts.push(...line.verdicts);
      transcripts.push(line.transcript);
    },
  });
  await adapter.close();
  return { complete: end.complete, facts, notices, verdicts, transcripts };
}

interface Served {
  /** The Unix socket, then TLS. */
  readonly urls: readonly string[];
  /** What the daemon had to say beside that clients come and go. */
  complaints(): string[];
}

/** A daemon that serves the target at a Unix socket and over TLS. */
async function serve(t: Test, target: string, certificates: Certificates): Promise<Served> {
  const events: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'allocert-transports-'));
  const daemon = new Daemon({
    openTarget: () => openTarget(target),
    onEvent: (sentence) => events.push(sentence),
  });
  const path = join(folder, 'daemon.sock');
  const unix = await listenUnix(path, (socket) => daemon.accept(socket), console.error);
  const tls = await listenTls(
    { host: '127.0.0.1', port: 0 },
    { ca: certificates.ca, ...certificates.daemon },
    (socket) => daemon.accept(socket),
    (sentence) => events.push(sentence),
  );
  t.teardown(async () => {
    const closed = [unix.close(), tls.close()];
    await daemon.close();
    await Promise.all(closed);
    rmSync(folder, { recursive: true });
  });
  const { cert, key } = certificates.client;
  const query = new URLSearchParams({ ca: certificates.ca, cert, key });
  return {
    urls: [`remote:unix:${path}`, `remote:${tls.place}?${query}`],
    complaints: () => events.filter((event) => !/^client \d+ (is here|has left)$/.test(event)),
  };
}

/** Members in one order: the wire keeps values, not the order in which somebody wrote them. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [key, ordered(member)]));
}

const answersOf = (came: Came): string[] =>
  came.transcripts.map((one) => JSON.stringify(ordered(toJson(one))));

t.test('verdicts and evidence do not depend on the transport', async (t) => {
  const certificates = makeCertificates(t);
  const targets = ['sim:', 'sim:?behaviour=rfc-v2', 'sim:?defect=leak-on-close&page=16384'];
  for (const target of targets) {
    await t.test(target, async (t) => {
      const direct = await everySuiteOn(await openTarget(target));
      t.ok(direct.complete && direct.verdicts.length > 100, `${direct.verdicts.length} verdicts`);
      const served = await serve(t, target, certificates);
      for (const url of served.urls) {
        const remote = await everySuiteOn(await openTarget(url));
        const name = url.slice(0, 'remote:unix'.length);
        t.ok(remote.complete, name);
        t.strictSame(remote.facts, direct.facts, `${name}: facts arrive whole`);
        t.strictSame(remote.notices, direct.notices);
        t.strictSame(remote.verdicts, direct.verdicts, `${name}: the same verdicts`);
        const answers = answersOf(direct);
        const differing = answersOf(remote).findIndex((text, index) => text !== answers[index]);
        t.equal(differing, -1, `${name}: the same answers, byte for byte`);
      }
      t.strictSame(served.complaints(), []);
    });
  }
});

t.test('clients side by side see nothing of each other', async (t) => {
  const certificates = makeCertificates(t);
  const { urls, complaints } = await serve(t, 'sim:', certificates);
  const direct = await everySuiteOn(await openTarget('sim:'));
  const clients = [...urls, ...urls].map(async (url) => everySuiteOn(await openTarget(url)));
  for (const came of await Promise.all(clients)) {
    t.strictSame(came.verdicts, direct.verdicts);
    t.strictSame(answersOf(came), answersOf(direct));
  }
  t.strictSame(complaints(), []);
});

t.test('a daemon can serve what another daemon serves', async (t) => {
  const certificates = makeCertificates(t);
  const [first = ''] = (await serve(t, 'sim:', certificates)).urls;
  const [second = ''] = (await serve(t, first, certificates)).urls;
  const direct = await everySuiteOn(await openTarget('sim:'));
  const remote = await everySuiteOn(await openTarget(second));
  t.strictSame(remote.verdicts, direct.verdicts);
});
