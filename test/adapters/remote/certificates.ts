import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Somebody who can show who they are. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** A small world of certificates, in files that live as long as the test. */
export interface Certificates {
  readonly ca: string;
  /** The daemon, at localhost and 127.0.0.1. */
  readonly daemon: Identity;
  readonly client: Identity;
  /** A client of the same name that somebody else signed. */
  readonly stranger: Identity;
  /** A daemon of another host, rightly signed. */
  readonly elsewhere: Identity;
}

/** Makes keys and certificates with openssl's command line. */
export function makeCertificates(t: { teardown(action: () => unknown): unknown }): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-certificates-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = (name: string): string => join(folder, name);
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = (name: string): void => {
    const out = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)];
    openssl('req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name}`, ...out);
  };
  const signed = (by: string, name: string, subject: string, extension: string): Identity => {
    const [key, request, cert] = ['key', 'csr', 'pem'].map((end) => file(`${name}.${end}`));
    writeFileSync(file(`${name}.ext`), `${extension}\n`);
    openssl(
      'req',
      '-new',
      ...newKey,
      '-subj',
      subject,
      '-keyout',
      key ?? '',
      '-out',
      request ?? '',
    );
    const ca = ['-CA', file(`${by}.pem`), '-CAkey', file(`${by}.key`), '-CAcreateserial'];
    const out = ['-days', '2', '-extfile', file(`${name}.ext`), '-out', cert ?? ''];
    openssl('x509', '-req', '-in', request ?? '', ...ca, ...out);
    return { cert: cert ?? '', key: key ?? '' };
  };
  authority('ca');
  authority('other');
  const host = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const user = 'extendedKeyUsage=clientAuth';
  return {
    ca: file('ca.pem'),
    daemon: signed('ca', 'daemon', '/CN=daemon', host),
    client: signed('ca', 'client', '/CN=client', user),
    stranger: signed('other', 'stranger', '/CN=client', user),
    elsewhere: signed('ca', 'elsewhere', '/CN=elsewhere', 'subjectAltName=DNS:elsewhere.example'),
  };
}
