import type { Case } from '../../kit/case.ts';
import type { CaseContext } from '../../kit/context.ts';
import { Inconclusive } from '../../kit/observation.ts';
import { Registrar } from '../../kit/registrar.ts';

/** A case of group `registry` without what all of them have in common. */
export interface RegistryCase extends Pick<Case, 'id' | 'title' | 'requirements'> {
  act(context: CaseContext, registrar: Registrar): Promise<void>;
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
    async run(context) {
      const registrar = await Registrar.open(context);
      try {
        await act(context, registrar);
      } catch (thrown) {
        await registrar.clear();
        throw thrown;
      }
      const { word, count } = await registrar.clear();
      const detail = `after the last ${count} devices were unregistered: ${word}`;
      context.observe('REG-09', 'removal', word, detail);
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
  const detail = `the class had ${show(after)}, before that ${show(before)}`;
  return { word: same ? 'unchanged' : 'changed', detail };
}

/** Unregisters a device that must be gone before anything can be observed. */
export async function mustUnregister(registrar: Registrar, minor: number): Promise<void> {
  const word = await registrar.unregister(minor);
  if (word !== 'ok') throw new Inconclusive(`blocked: unregistering a device failed: ${word}`);
}
