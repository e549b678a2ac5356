import { Converter, KindRouter } from 'typedoc';

// Entry points by the folders that they are in, and what is imported to have them.
const MODULES = {
  'adapters/contract': 'allocert',
  'adapters/functions': 'allocert/syscalls',
  fuzz: 'allocert/fuzz',
  tap: 'allocert/tap',
};

// A page of docs/ has the address docs/NAME.html, whatever its heading says; a requirement has
// requirements/ID.html.
class ShortAddresses extends KindRouter {
  getIdealBaseName(reflection) {
    return reflection.frontmatter?.address ?? super.getIdealBaseName(reflection);
  }
}

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.renderer.defineRouter('allocert', ShortAddresses);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const one of project.children ?? []) one.name = MODULES[one.name] ?? one.name;
  });
  // A compiled file imports only what runs, so a comment may name what its file does not import.
  app.converter.addUnknownSymbolResolver((reference, from) => {
    const [first, ...rest] = reference.symbolReference?.path ?? [];
    if (first === undefined || rest.length > 0) return undefined;
    const found = from.project.children
      ?.flatMap(({ children }) => children ?? [])
      .find(({ name }) => name === first.path);
    return found && { target: found, caption: first.path };
  });
}
