import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../base/package-root.ts';

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
  /** Clients whose certificates do not count, by what is wrong with them. */
  unfit(): Readonly<Record<'itsOwn' | 'expired' | 'early' | 'servers', Identity>>;
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
  // Only `openssl ca` takes dates in every version.
  const dated = (name: string, from: string, to: string): Identity => {
    const identity = signed('ca', name, '/CN=client', 'extendedKeyUsage=clientAuth');
    const index = file(`${name}.index`);
    writeFileSync(index, '');
    const section = [
      `database = ${index}`,
      'default_md = sha256',
      'policy = any',
      'rand_serial = yes',
    ];
    const policy = ['[any]', 'commonName = supplied', ''];
    writeFileSync(file(`${name}.conf`), ['[own]', ...section, ...policy].join('\n'));
    const by = ['-name', 'own', '-cert', file('ca.pem'), '-keyfile', file('ca.key'), '-notext'];
    const dates = ['-startdate', from, '-enddate', to];
    const files = ['-config', file(`${name}.conf`), '-in', file(`${name}.csr`), '-outdir', folder];
    openssl('ca', '-batch', ...by, ...dates, ...files, '-out', identity.cert);
    return identity;
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
    unfit: () => {
      authority('own');
      return {
        itsOwn: { cert: file('own.pem'), key: file('own.key') },
        expired: dated('expired', '20200101000000Z', '20200201000000Z'),
        early: dated('early', '20480101000000Z', '20480201000000Z'),
        servers: signed('ca', 'servers', '/CN=client', 'extendedKeyUsage=serverAuth'),
      };
    },
  };
}

/** The recipe of docs/remote.md, run as it is printed; gives what it makes. */
export function certificatesOfThePage(
  folder: string,
): Pick<Certificates, 'ca' | 'daemon' | 'client'> {
  const page = readFileSync(join(packageRoot(), 'docs', 'remote.md'), 'utf8');
  const recipe = /^```sh\n(.*?)^```$/ms.exec(page)?.[1] ?? 'exit 1 # no recipe';
  execFileSync('sh', ['-e', '-c', recipe], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const identity = (name: string): Identity => ({
    cert: join(folder, `${name}.pem`),
    key: join(folder, `${name}.key`),
  });
  return { ca: join(folder, 'ca.pem'), daemon: identity('daemon'), client: identity('me') };
}
