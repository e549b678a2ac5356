import { anchor } from './escape.ts';

/** The id of a requirement's row: its own where a link can name it, as in `#CON-02`. */
export const ruleAnchor = (id: string): string =>
  /^[A-Z]{2,8}-\d{1,4}$/.test(id) ? id : anchor('r', id);
