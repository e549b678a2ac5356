import { usageError } from '../../base/errors.ts';
import { splitTarget } from '../../base/target-url.ts';
import { splitArgs } from './args.ts';

/** Where a `remote:` URL finds its peer. */
export type RemoteTarget =
  | { readonly transport: 'exec'; readonly argv: readonly string[] }
  | { readonly transport: 'unix'; readonly path: string }
  | TlsTarget
  | SshTarget;

/** A daemon behind TLS; the files are PEM. */
export interface TlsTarget {
  readonly transport: 'tls';
  readonly host: string;
  readonly port: number;
  /** Certificate of the authority that signed the daemon's. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** An agent that the system's ssh starts. */
export interface SshTarget {
  readonly transport: 'ssh';
  /** `host` or `user@host`. */
  readonly destination: string;
  readonly device: string;
  /** The agent's program on the board. */
  readonly agent: string;
  readonly port?: number;
}

/** A host and a port to listen at or to connect to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const FORMS =
  'remote:unix:PATH, remote:tls:HOST:PORT?ca=…&cert=…&key=…, remote:exec:COMMAND or ' +
  'remote:ssh:user@host:/dev/NODE';
const DEFAULT_AGENT = 'allocert-agent';
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/;
const SSH = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?(?:[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])$/;

/**
 * Reads a target URL of the `remote:` scheme; docs/remote.md lists its forms.
 *
 * @throws {@link AllocertError} for what is no such URL
 */
export function parseRemoteTarget(url: string): RemoteTarget {
  const [, transport = '', rest = ''] = /^remote:([a-z]*):(.*)$/s.exec(url) ?? [];
  if (transport === 'exec') return parseExec(url, rest);
  if (transport === 'unix') {
    if (rest === '' || rest.includes('\0'))
      throw usageError(`${url} names no socket; use ${FORMS}`);
    return { transport, path: rest };
  }
  if (transport === 'tls') return parseTls(url, rest);
  if (transport === 'ssh') return parseSsh(url, rest);
  if (transport === 'tcp') {
    throw usageError(`${url}: every transport needs authentication; use ${FORMS}`);
  }
  throw usageError(`${url} names no transport that is known; use ${FORMS}`);
}

/**
 * Reads `HOST:PORT`; an IPv6 address stands in brackets.
 *
 * @param lowest the lowest port; 0 lets a listener choose
 * @throws {@link AllocertError} for anything else
 */
export function parseEndpoint(text: string, lowest: 0 | 1): Endpoint {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(colon, 0));
  const port = Number(text.slice(colon + 1));
  if (!HOST.test(host) || !/:\d{1,5}$/.test(text) || port < lowest || port > 65_535) {
    throw usageError(`"${text}" is not HOST:PORT; write for instance board.example:7400`);
  }
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

function parseExec(url: string, command: string): RemoteTarget {
  const argv = splitArgs(command);
  if (argv === undefined) {
    throw usageError(`${url}: a quote is not closed, or a backslash stands at the end`);
  }
  if (argv[0] === undefined || argv[0] === '') {
    throw usageError(`${url} names no command; write remote:exec:./agent --region /dev/cma0`);
  }
  return { transport: 'exec', argv };
}

function parseTls(url: string, rest: string): RemoteTarget {
  const parts = splitTarget(url, rest, { names: ['ca', 'cert', 'key'] });
  const [ca, cert, key] = [parts.get('ca'), parts.get('cert'), parts.get('key')];
  if (!ca || !cert || !key) {
    throw usageError(`${url} needs certificates: ?ca=FILE&cert=FILE&key=FILE`);
  }
  return { transport: 'tls', ...parseEndpoint(parts.place, 1), ca, cert, key };
}

function parseSsh(url: string, rest: string): RemoteTarget {
  const parts = splitTarget(url, rest, { names: ['agent', 'port'] });
  const { place } = parts;
  const colon = place.indexOf(':/');
  const destination = place.slice(0, Math.max(colon, 0));
  const device = place.slice(colon + 1);
  // What starts with a dash would be an option to ssh, and white space a second word.
  if (!SSH.test(destination)) {
    throw usageError(`${url} names no host; write remote:ssh:user@host:/dev/cma0`);
  }
  if (!device.startsWith('/dev/') || /[\0\n]/.test(device)) {
    throw usageError(`${url} names no device node; write remote:ssh:user@host:/dev/cma0`);
  }
  const agent = parts.get('agent') ?? DEFAULT_AGENT;
  if (agent === '' || agent.startsWith('-') || /[\0\n]/.test(agent)) {
    throw usageError(`${url}: agent= is the path of the agent on the board`);
  }
  const port = parts.get('port');
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) > 0)) {
    throw usageError(`${url}: port= is a number from 1 to 65535`);
  }
  const ssh = { transport: 'ssh', destination, device, agent } as const;
  return port === undefined ? ssh : { ...ssh, port: Number(port) };
}
