import type { TargetFacts } from '../../adapters/contract/index.ts';
import { jsonText } from '../../base/clean-text.ts';

/** A fact of the target, or why there is none. */
export type Told<T> =
  | { readonly value: T; readonly reason?: never }
  | { readonly value: null; readonly reason: string };

/** What the target tells of the machine that it is, `data/environment.json`. */
export interface TargetEnvironment {
  readonly version: 1;
  readonly implementation: string;
  readonly architecture: string;
  readonly kernelRelease: Told<string>;
  readonly kernelVersion: Told<string>;
  /** SHA-256 of the kernel's image and of the modules that were loaded for the test. */
  readonly kernelImage: Told<string>;
  readonly modules: Told<Readonly<Record<string, string>>>;
  /** SHA-256 of the configuration that the kernel was built with. */
  readonly configuration: Told<string>;
  readonly commandLine: Told<string>;
  readonly taint: Told<string>;
  readonly instruments: Told<string>;
  /** What the kernel complained of before the test; complaints during it are in the answers. */
  readonly log: Told<string>;
  /** Everything else that the target tells of itself. */
  readonly details: Readonly<Record<string, string>>;
}

/** Details that have a member of their own. */
const NAMED = [
  'imageSha256',
  'configuration',
  'commandLine',
  'taint',
  'instruments',
  'alarmAtBoot',
];
const MODULE = /^(?:modules|module .+)$/;

/** The environment that a target tells of. */
export function environmentOf(facts: TargetFacts): TargetEnvironment {
  const { details, kernel } = facts;
  const told = (value: string | undefined, reason: string): Told<string> =>
    value === undefined || value === '' ? { value: null, reason } : { value };
  const modules = Object.entries(details).filter(([name]) => MODULE.test(name));
  const isKernel = kernel !== undefined;
  const none = 'the target runs no kernel of its own';
  const untold = isKernel ? 'the target does not tell it' : none;
  return {
    version: 1,
    implementation: facts.implementation,
    architecture: facts.architecture,
    kernelRelease: told(kernel?.release, none),
    kernelVersion: told(kernel?.version, none),
    kernelImage: told(details.imageSha256, untold),
    modules:
      modules.length === 0
        ? { value: null, reason: isKernel ? 'the target names no module of its own' : none }
        : { value: Object.fromEntries(modules) },
    configuration: told(details.configuration, untold),
    commandLine: told(details.commandLine, untold),
    taint: told(details.taint, untold),
    instruments: told(details.instruments, untold),
    log: facts.kernelLog
      ? { value: details.alarmAtBoot ?? '' }
      : { value: null, reason: 'the target does not show the log of its kernel' },
    details: Object.fromEntries(
      Object.entries(details).filter(([name]) => !NAMED.includes(name) && !MODULE.test(name)),
    ),
  };
}

/** The text of `data/environment.json`. */
export const environmentText = (facts: TargetFacts): string =>
  `${jsonText(environmentOf(facts), 2)}\n`;
