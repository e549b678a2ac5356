import type { Case } from '../../kit/case.ts';
import type { Bench } from '../../kit/context.ts';
import { Registrar } from '../../kit/registrar.ts';

/** A case of group L without what all of them have in common. */
export interface RegistryCase extends Pick<Case, 'id' | 'title' | 'requirements'> {
  act(bench: Bench, registrar: Registrar): Promise<void>;
}

/**
 * A case that registers devices. However it ends, they are unregistered again; what becomes of them
 * then is an observation of its own, in every case. So is a complaint of the kernel about it.
 */
export function registryCase({ id, title, requirements, act }: RegistryCase): Case {
  return {
    id,
    title,
    requirements: [...new Set([...requirements, 'REG-09'])],
    needs: ['registry', 'procfs', 'timing'],
    async run(bench) {
      const registrar = await Registrar.open(bench);
      try {
        await act(bench, registrar);
      } catch (thrown) {
        await registrar.clear();
        throw thrown;
      }
      const { word, count } = await registrar.clear();
      const detail = `after the last ${count} devices were unregistered: ${word}`;
      bench.observe('REG-09', 'removal', word, detail);
    },
  };
}

/** Whether a list is as it was, in a word and a sentence. */
export function unchanged(
  before: readonly string[],
  after: readonly string[],
): { readonly word: 'unchanged' | 'changed'; readonly detail: string } {
  const same = before.join() === after.join();
  const show = (list: readonly string[]): string => (list.length === 0 ? 'nothing' : list.join());
  const detail = `there was ${show(after)}, before that ${show(before)}`;
  return { word: same ? 'unchanged' : 'changed', detail };
}
