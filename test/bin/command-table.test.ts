/** What help and suggestions say of commands that are not loaded is what the commands say. */
import t from 'tap';
import { COMMAND_WORDS, loadCommand, loadCommands, pages } from '../../bin/command-table.ts';

t.test('the table has the words and descriptions of the commands themselves', async (t) => {
  const listed = await loadCommand(undefined);
  t.strictSame(pages(), [], 'none is loaded');
  const whole = await loadCommands();
  t.strictSame(
    listed.map(({ command, describe }) => ({ command, describe })),
    whole.map(({ command, describe }) => ({ command, describe })),
  );
  t.ok(pages().length > COMMAND_WORDS.length, 'commands of commands, too');
});

t.test('one command is loaded with its options, and no other can run', async (t) => {
  const commands = await loadCommand('qualify');
  t.strictSame(
    pages().map(({ name }) => name),
    ['qualify'],
  );
  const others = commands.filter(({ command }) => !String(command).startsWith('qualify'));
  t.equal(others.length, COMMAND_WORDS.length - 1);
  const [other] = others;
  await t.rejects(other?.handler({ _: [], $0: '' }) as Promise<void>, /was not loaded/);
});
