import type { Argv, CommandModule } from 'yargs';
import { openTarget } from '../../adapters/open-target.ts';
import { Daemon } from '../../adapters/remote/daemon.ts';
import { parseEndpoint } from '../../adapters/remote/target-url.ts';
import { type Credentials, listenTls } from '../../adapters/remote/tls.ts';
import { type ListeningSocket, listenUnix } from '../../adapters/remote/unix.ts';
import { requireServable } from '../../adapters/servable.ts';
import { usageError } from '../../base/errors.ts';
import { redact } from '../../base/redact.ts';
import { single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { onStopSignal, stopAtOnce } from '../shared/stop-signals.ts';
import { beginLine, complain, say } from '../shared/terminal.ts';

interface ServeArguments {
  readonly target: string;
  readonly listen: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

const FILES = {
  ca: 'Certificate (PEM) of the authority that signs the clients’ certificates, for tls:',
  cert: 'Certificate (PEM) of this daemon, for tls:',
  key: 'Private key (PEM) of that certificate, for tls:',
} as const;

/** Milliseconds that Programs which run get to end. */
const CLOSE_MS = 5000;

const FORMS = 'unix:PATH, or tls:HOST:PORT with --ca, --cert and --key';

/** `allocert serve TARGET --listen PLACE` */
export const serveCommand: CommandModule<object, ServeArguments> = {
  command: 'serve <target>',
  describe: 'Serve a target to clients elsewhere, who run on remote:unix:… or remote:tls:…',
  builder: (argv: Argv) => {
    const files = (Object.keys(FILES) as (keyof typeof FILES)[]).reduce(
      (parser, name) =>
        parser.option(name, {
          type: 'string',
          requiresArg: true,
          coerce: single(name),
          describe: FILES[name],
        }),
      argv,
    );
    return files
      .positional('target', { type: 'string', demandOption: true, describe: 'Target URL' })
      .option('listen', {
        type: 'string',
        requiresArg: true,
        coerce: single('listen'),
        describe: `Where clients arrive: ${FORMS}`,
      })
      .epilogue(
        'Runs until SIGINT or SIGTERM. Exit codes: 0 stopped, 2 usage, 3 cannot listen there.',
      ) as Argv<ServeArguments>;
  },
  handler: async (given) => {
    const { target } = given;
    await requireServable(target);
    // Refused now rather than at the first client, when it names nothing.
    await (await openTarget(target)).close();
    const daemon = new Daemon({ openTarget: () => openTarget(target), onEvent: complain });
    const stopped = stopSignal();
    const listener = await listen(given, daemon);
    say(`allocert: serving ${redact(target)} at ${listener.place}`);
    await stopped;
    // What a target still does ends with this process at the latest.
    const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
    await Promise.race([Promise.all([listener.close(), daemon.close()]), late]);
    conclude(0);
  },
};

function listen(given: ServeArguments, daemon: Daemon): Promise<ListeningSocket> {
  const [, kind, place = ''] = /^([a-z]+):(.*)$/s.exec(given.listen ?? '') ?? [];
  if (kind === 'unix' && place !== '') {
    const spare = (['ca', 'cert', 'key'] as const).find((name) => given[name] !== undefined);
    if (spare !== undefined) throw usageError(`--${spare} is for tls: only; leave it out`);
    return listenUnix(place, (socket, arrival) => daemon.accept(socket, arrival), complain);
  }
  if (kind === 'tls') {
    return listenTls(
      parseEndpoint(place, 0),
      credentials(given),
      (socket, arrival) => daemon.accept(socket, arrival),
      complain,
    );
  }
  if (given.listen === undefined) throw usageError(`say where clients arrive: --listen ${FORMS}`);
  throw usageError(`--listen ${given.listen} does not prove who its clients are; use ${FORMS}`);
}

function credentials({ ca, cert, key }: ServeArguments): Credentials {
  if (ca === undefined || cert === undefined || key === undefined) {
    throw usageError(
      'tls: needs --ca, --cert and --key; no client is served without a certificate',
    );
  }
  return { ca, cert, key };
}

/** Resolves at the first signal; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    onStopSignal((name) => {
      if (stopping) stopAtOnce(name);
      beginLine();
      stopping = true;
      resolve();
    });
  });
}
