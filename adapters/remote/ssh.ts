import { shellWord } from './args.ts';
import type { SshTarget } from './target-url.ts';

/**
 * The command that starts an agent over the system's ssh. It asks for nothing (there may be no person
 * to answer), forwards nothing, and notices a board that is gone. The board's shell sees quoted
 * words only.
 */
export function sshCommand({ destination, device, agent, port }: SshTarget): string[] {
  const options = [
    'BatchMode=yes',
    'ConnectTimeout=15',
    'ServerAliveInterval=15',
    'ServerAliveCountMax=3',
    'ClearAllForwardings=yes',
    'ForwardAgent=no',
    'ForwardX11=no',
    'EscapeChar=none',
    'LogLevel=ERROR',
  ].flatMap((option) => ['-o', option]);
  const place = destination.replace(/\[(.*)\]/, '$1');
  const command = [agent, '--region', device].map(shellWord).join(' ');
  return [
    'ssh',
    '-T',
    ...options,
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    place,
    command,
  ];
}
