import type { Argv, CommandModule } from 'yargs';
import { packageVersion } from '../../base/package-root.ts';
import { manPage } from '../../config/man-page.ts';
import type { CommandPage } from '../../config/option.ts';
import { PRINT_CODES } from '../shared/options.ts';
import { sayText } from '../shared/terminal.ts';

/**
 * `allocert man`
 *
 * @param pages every command; asked for when the command runs
 */
export const manCommand = (pages: () => readonly CommandPage[]): CommandModule => ({
  command: 'man',
  describe: 'Print the manual page, for man(1)',
  builder: (argv: Argv) => argv.epilogue(PRINT_CODES),
  handler: () => sayText(manPage(pages(), packageVersion())),
});
