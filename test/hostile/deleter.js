/**
 * A target of the tests that deletes a folder: `./deleter.js?folder=PATH&at=7&sim=defect%3Dno-zeroing`
 * is the simulator, and deletes it before its seventh Program. With `full=1` it puts a file in its
 * place.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { openTarget } from '../../dist/adapters/open-target.js';

export default async (url) => {
  const words = new URLSearchParams(url.split('?')[1]);
  const adapter = await openTarget(`sim:?${words.get('sim') ?? ''}`);
  let programs = 0;
  const open = async () => {
    const session = await adapter.open();
    const run = (program) => {
      programs += 1;
      if (programs === Number(words.get('at'))) {
        rmSync(words.get('folder'), { recursive: true, force: true });
        if (words.has('full')) writeFileSync(words.get('folder'), '');
      }
      return session.run(program);
    };
    const { facts } = session;
    return { facts, run, begin: (id) => session.begin(id), close: () => session.close() };
  };
  return { url, open, close: () => adapter.close() };
};
