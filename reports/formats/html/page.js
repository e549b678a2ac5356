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

  function fits(row, words, statuses) {
    if (statuses.length > 0 && !statuses.includes(row.dataset.status)) return false;
    if (selects.some(({ id, value }) => value !== '' && row.dataset[id] !== value)) return false;
    return words.every((word) => textOf(row).includes(word));
  }

  const checked = () => [...form.querySelectorAll('input:checked')].map(({ value }) => value);

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
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
    filter();
  }

  function clear() {
    if (form === null) return;
    form.reset();
    filter();
    remember();
  }

  function filters() {
    if (form === null) return;
    form.hidden = false;
    form.addEventListener('input', () => {
      filter();
      remember();
    });
    form.addEventListener('submit', (event) => event.preventDefault());
    filter();
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
  filters();
  openingAll();
  openTarget();
})();
