import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { TlsTarget } from './target-url.ts';

/** The kind of an error of a handshake: by its code, and in OpenSSL's words. */
function kindOf(thrown: Error): { readonly code: string; readonly reason: string } {
  const { code = '', reason } = thrown as Error & { code?: string; reason?: string };
  // Of an error while it writes, Node passes on the text alone.
  const said = reason ?? /:SSL routines:[^:]*:([^:]+):/.exec(thrown.message)?.[1];
  if (said === undefined) return { code, reason: code };
  if (code !== 'EPROTO') return { code, reason: said };
  return { code: `ERR_SSL_${said.toUpperCase().replaceAll(' ', '_')}`, reason: said };
}

const UNKNOWN_AUTHORITY: readonly string[] = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
];
const RIGHT_ONE = 'it needs one that the daemon’s authority (--ca) signed';
const BELIEVES_NOT = /ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_)/;
const NO_TLS: readonly string[] = [
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
];
const OLD_TLS: readonly string[] = [
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_VERSION_TOO_LOW',
];

/**
 * Why a client whose handshake is done is not let in, with what it needs; undefined when it showed
 * a certificate that counts.
 */
export function certificateTrouble(socket: TLSSocket): string | undefined {
  const certificate: Partial<PeerCertificate> | null = socket.getPeerCertificate();
  if (certificate === null || Object.keys(certificate).length === 0) {
    return `the client showed no certificate; ${RIGHT_ONE}`;
  }
  // A session that is resumed counts as authorized whatever its first handshake showed.
  if (socket.isSessionReused()) return 'the client resumed a session; it must connect anew';
  if (socket.authorized) return undefined;
  return unbelieved(String(socket.authorizationError), certificate);
}

function unbelieved(code: string, { valid_from, valid_to }: Partial<PeerCertificate>): string {
  const whose = 'the client’s certificate';
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT') return `${whose} is signed by itself; ${RIGHT_ONE}`;
  if (UNKNOWN_AUTHORITY.includes(code)) {
    return `${whose} is signed by another authority than the daemon’s (--ca); ${RIGHT_ONE}`;
  }
  if (code === 'CERT_HAS_EXPIRED' && Date.parse(valid_to ?? '') < Date.now()) {
    return `${whose} expired on ${valid_to}; it needs a new one`;
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return `${whose} is valid only from ${valid_from} on; check the clocks of both machines`;
  }
  if (code === 'INVALID_PURPOSE') {
    return `${whose} is not for clients; its extendedKeyUsage must name clientAuth`;
  }
  return `${whose} does not count (${code}); ${RIGHT_ONE}`;
}

/** Why a client did not come through the handshake. */
export function handshakeTrouble(thrown: Error): string {
  const { code, reason } = kindOf(thrown);
  if (NO_TLS.includes(code)) return 'it does not speak TLS';
  if (OLD_TLS.includes(code)) return 'it speaks an older TLS than 1.3';
  if (BELIEVES_NOT.test(code)) return `it does not believe the daemon’s certificate (${reason})`;
  return `the TLS handshake failed (${reason})`;
}

/**
 * Why a daemon cannot be reached, with what to do; undefined for what has nothing to do with TLS
 * and is told best by its own error.
 */
export function daemonTrouble(thrown: Error, target: TlsTarget): string | undefined {
  const { code, reason } = kindOf(thrown);
  const { host, port, ca, cert } = target;
  const whose = 'the daemon’s certificate';
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT' || UNKNOWN_AUTHORITY.includes(code)) {
    return `${whose} was not signed by the authority in ${ca}; ca= must name the authority that signed it`;
  }
  if (code === 'CERT_HAS_EXPIRED') return `${whose} has expired; the daemon needs a new one`;
  if (code === 'CERT_NOT_YET_VALID') {
    return `${whose} is not valid yet; check the clocks of both machines`;
  }
  if (code === 'INVALID_PURPOSE') {
    return `${whose} is not for servers; its extendedKeyUsage must name serverAuth`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `${whose} does not name ${host}; write the host as its subjectAltName has it`;
  }
  if (BELIEVES_NOT.test(code)) return `the daemon refuses the certificate in ${cert} (${reason})`;
  if (NO_TLS.includes(code)) return `the server at ${host}:${port} does not speak TLS`;
  if (OLD_TLS.includes(code)) return `the server at ${host}:${port} does not speak TLS 1.3`;
  if (code.startsWith('ERR_SSL_'))
    return `the TLS handshake with ${host}:${port} failed: ${reason}`;
  return undefined;
}
