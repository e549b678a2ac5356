/**
 * Secrets stay out of everything that is written or shown: records are published, and logs of CI
 * are read by more people than may use the target.
 */

/** The text that stands in the place of a secret. */
export const REDACTED = '[redacted]';

/** Shorter values are found in words of any sentence, and hiding them would hide those. */
const FREE_TEXT_MIN = 6;

const SECRET_WORDS =
  'token|passw(?:or)?d|passphrase|secret|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|' +
  'authorization';
const SECRET_NAME = new RegExp(`(?:${SECRET_WORDS}|^pass|^pwd|^auth)$`, 'i');
/** Of variables only whole words: PWD and SSH_AUTH_SOCK hold paths. */
const SECRET_VARIABLE = new RegExp(`(?:${SECRET_WORDS})$`, 'i');
/** Names of targets and transports: what follows their colon is no password. */
const SCHEMES = '(?:sim|vm|replay|native|remote|ssh|tls|tcp|unix|exec)';

/**
 * Places of secrets; the first group stays, the second is the secret. A secret in a query or a
 * command ends at `&`, at white space, or before what ends the quotation of a URL in a sentence.
 */
const PLACES: readonly RegExp[] = [
  // user:password@host, with any scheme before it, or none.
  new RegExp(
    `((?<![^\\s:/"'(=])(?!${SCHEMES}:)[^\\s:/?#@"'(=]*:)((?![/\\s])[^\\s?#"']+)(?=@[\\w[])`,
    'gi',
  ),
  // ?token=…, --password=…, API_KEY=…
  new RegExp(
    `((?<![\\w-])(?:[\\w.-]*(?:${SECRET_WORDS})|-*(?:pass|pwd|auth))=)` +
      `("[^"]*"|'[^']*'|[^\\s&]+?)(?=["'),;.:]*(?:[\\s&]|$))`,
    'gi',
  ),
  // --token …
  new RegExp(`(--[\\w-]*(?:${SECRET_WORDS})\\s+)("[^"]*"|'[^']*'|[^\\s&"']+)`, 'gi'),
  /(\bBearer\s+)([\w.~+/=-]+)/gi,
  /(-----BEGIN [A-Z ]*PRIVATE KEY-----)([\s\S]+?)(?=-----END|$)/g,
  // Tokens whose form says what they are: GitHub, GitLab, JSON Web Tokens.
  /(\b)(gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+)/g,
];

/** Whether what has this name is a secret: an option, a variable, a parameter. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/**
 * A text without the secrets that its form gives away: passwords in URLs, secret parameters and
 * options, keys, tokens, and the values of variables with secret names. Doing it twice changes
 * nothing more.
 */
export function redact(text: string, environment: NodeJS.ProcessEnv = process.env): string {
  return hide(withoutPlaces(text), environmentSecrets(environment));
}

const withoutPlaces = (text: string): string =>
  PLACES.reduce((rest, place) => rest.replace(place, `$1${REDACTED}`), text);

/**
 * A function that redacts free text and also hides the secrets of a target where they stand alone,
 * as in what a server says of a password.
 *
 * @param target a target URL as typed
 */
export function redactorOf(target: string): (text: string) => string {
  const known = secretsIn(target).filter(({ length }) => length >= FREE_TEXT_MIN);
  const secrets = [...known, ...environmentSecrets(process.env)];
  return (text) => hide(withoutPlaces(text), secrets);
}

/** The secrets of a text as they stand there, and as they are when it is percent-encoded. */
export function secretsIn(text: string): readonly string[] {
  const found = PLACES.flatMap((place) => [...text.matchAll(place)].map((match) => match[2] ?? ''));
  const bare = found.map((secret) => secret.replace(/^(["'])(.*)\1$/, '$2'));
  return [...new Set(bare.flatMap((secret) => [secret, decoded(secret)]))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (thrown) {
    if (thrown instanceof URIError) return text;
    throw thrown;
  }
}

const environmentSecrets = (environment: NodeJS.ProcessEnv): readonly string[] =>
  Object.entries(environment)
    .filter(([name]) => SECRET_VARIABLE.test(name))
    .map(([, value]) => value ?? '')
    .filter(({ length }) => length >= FREE_TEXT_MIN);

/** Longest first, so that a secret within another leaves nothing of it. */
const hide = (text: string, secrets: readonly string[]): string =>
  secrets
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
