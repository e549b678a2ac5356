(() => {
  const byId = (id) => document.getElementById(id);
  /** What j and k go through: requirements of a run, or findings of the fuzzer. */
  const rows = [...document.querySelectorAll('.requirement, .finding')];
  const texts = new Map();
  const search = byId('search');
  const form = byId('filter');
  const selects = [byId('level'), byId('group')];

  /** Text is only taken from a row when somebody searches: a long report opens at once. */
  function textOf(row) {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  }

  /** The lines of rows that are packed; their cells are text, and never become markup. */
  async function unpacked({ content }) {
    const bytes = Uint8Array.from(atob(content.textContent), (one) => one.charCodeAt(0));
    const packed = new Blob([bytes]).stream();
    const lines = packed.pipeThrough(new DecompressionStream('deflate-raw'));
    return (await new Response(lines).text()).split('\n');
  }

  const isPacked = (row) => row.querySelector('template') !== null;

  /** Adds what is packed in rows to the texts that are searched. */
  async function readPacked() {
    const read = async (row) => {
      const blocks = await Promise.all([...row.querySelectorAll('template')].map(unpacked));
      const lines = blocks.flat().join('\n').toLowerCase();
      texts.set(row, `${row.textContent.toLowerCase()}\n${lines}`);
    };
    await Promise.all(rows.filter((row) => isPacked(row) && !texts.has(row)).map(read));
  }

  function element(name, text, kind = '') {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind !== '') made.className = kind;
    return made;
  }

  /** A row as the plain ones beside it. */
  function rowOf(line) {
    const [id, title, took, expected, observed, reason] = line.split('\t');
    const row = element('li', '');
    row.dataset.standing = 'passes';
    const sign = element('span', '✓');
    sign.setAttribute('aria-hidden', 'true');
    const badge = element('span', '', 'badge pass');
    badge.append(sign, ' pass');
    const list = element('dl', '');
    for (const [name, text] of Object.entries({ expected, observed, reason })) {
      if (text !== '') list.append(element('dt', name), element('dd', text));
    }
    row.append(badge, ' ', element('code', id), ` ${title} `, element('span', took, 'took'), list);
    return row;
  }

  /** A button in place of what is packed, which shows a block of it at a time. */
  function unpacking() {
    for (const note of document.querySelectorAll('.packed-note')) {
      const inside = note.parentElement;
      const left = () => [...inside.querySelectorAll('template')];
      const button = element('button', '', 'more');
      button.type = 'button';
      const label = () => {
        const count = left().reduce((sum, { dataset }) => sum + Number(dataset.rows), 0);
        button.textContent = `Show more of ${count} cases that passed`;
        if (count === 0) button.remove();
      };
      label();
      note.replaceWith(button);
      button.addEventListener('click', async () => {
        const [block] = left();
        if (block === undefined || button.disabled) return;
        button.disabled = true;
        const lines = await unpacked(block);
        inside.querySelector('.points').append(...lines.map(rowOf));
        block.remove();
        button.disabled = false;
        label();
      });
    }
  }

  function fits(row, words, statuses) {
    if (statuses.length > 0 && !statuses.includes(row.dataset.status)) return false;
    if (selects.some(({ id, value }) => value !== '' && row.dataset[id] !== value)) return false;
    return words.every((word) => textOf(row).includes(word));
  }

  const checked = () => [...form.querySelectorAll('input:checked')].map(({ value }) => value);

  const wordsOf = () => search.value.toLowerCase().split(/\s+/).filter(Boolean);

  /** Only a search needs what is packed, and only the first one waits for it. */
  async function filter() {
    const isUnread = rows.some((row) => isPacked(row) && !texts.has(row));
    if (isUnread && wordsOf().length > 0) await readPacked();
    show();
  }

  function show() {
    const words = wordsOf();
    const statuses = checked();
    let shown = 0;
    for (const row of rows) {
      row.hidden = !fits(row, words, statuses);
      if (!row.hidden) shown += 1;
    }
    byId('count').textContent = `${shown} of ${rows.length} requirements`;
    byId('none').hidden = shown > 0;
  }

  function move(by) {
    const shown = rows.filter((row) => !row.hidden);
    const now = shown.findIndex((row) => row.contains(document.activeElement));
    const next = shown[now < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, now + by))];
    next?.querySelector('summary, h2').focus();
  }

  /** The filters as the part of the address behind `#`, so that a link shows what its sender saw. */
  function remember() {
    const asked = new URLSearchParams();
    for (const value of checked()) asked.append('status', value);
    for (const { id, value } of selects) if (value !== '') asked.set(id, value);
    if (search.value !== '') asked.set('q', search.value);
    history.replaceState(null, '', `#${asked}`);
  }

  /** Sets the filters as a link names them. */
  function recall(asked) {
    const statuses = asked.getAll('status');
    for (const box of form.querySelectorAll('input[name=status]')) {
      box.checked = statuses.includes(box.value);
    }
    for (const select of selects) select.value = asked.get(select.id) ?? '';
    search.value = asked.get('q') ?? '';
    void filter();
  }

  function clear() {
    if (form === null) return;
    form.reset();
    void filter();
    remember();
  }

  function filters() {
    if (form === null) return;
    form.hidden = false;
    form.addEventListener('input', () => {
      void filter();
      remember();
    });
    form.addEventListener('submit', (event) => event.preventDefault());
    void filter();
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') return clear();
    if (event.target.matches('input[type=search], select')) return;
    const acts = { '/': () => search?.focus(), j: () => move(1), k: () => move(-1) };
    if (!Object.hasOwn(acts, event.key)) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** A link into a closed row or case opens it, also one that the filters hide; others set them. */
  function openTarget() {
    const asked = location.hash.slice(1);
    if (form !== null && asked.includes('=')) {
      recall(new URLSearchParams(asked));
      byId('requirements').scrollIntoView();
      return;
    }
    const target = byId(asked);
    if (target?.hidden) recall(new URLSearchParams());
    if (target instanceof HTMLDetailsElement) target.open = true;
    target?.scrollIntoView();
  }

  function themes() {
    const button = byId('theme');
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    let theme = dark ? 'dark' : 'light';
    const label = () => {
      button.textContent = theme === 'dark' ? 'Light' : 'Dark';
    };
    button.hidden = false;
    label();
    button.addEventListener('click', () => {
      theme = theme === 'dark' ? 'light' : 'dark';
      document.documentElement.dataset.theme = theme;
      label();
    });
  }

  /** Paper cannot be clicked: what is broken is printed open. Evidence may be too long for that. */
  function printing() {
    const broken = [...document.querySelectorAll('.requirement:not([open])')].filter((one) =>
      /fail|crash|hang/.test(one.dataset.status),
    );
    for (const one of broken) one.open = true;
    const restore = () => {
      for (const one of broken) one.open = false;
    };
    window.addEventListener('afterprint', restore, { once: true });
  }

  /** All evidence at once, to search or to print it; and shut again. */
  function openingAll() {
    const button = byId('open-all');
    if (button === null) return;
    const cases = [...document.querySelectorAll('.case')];
    let open = false;
    button.hidden = false;
    button.addEventListener('click', () => {
      open = !open;
      for (const one of cases) one.open = open;
      button.textContent = open ? 'Close all' : 'Open all';
    });
  }

  window.addEventListener('beforeprint', printing);
  document.addEventListener('keydown', onKey);
  window.addEventListener('hashchange', openTarget);
  themes();
  unpacking();
  filters();
  openingAll();
  openTarget();
})();
