// Beside report.js, while a server shows the report: asks for news, keeps the place, tells what is wrong.
(() => {
  const root = document.documentElement;
  const place = 'heatdrift-place';
  const make = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    element.append(...children);
    return element;
  };

  // The place is the first block in the window: what comes before it may be of another height.
  const blocks = () => [...document.querySelectorAll('main > *, main li, main tr')];
  const top = (element) => element.getBoundingClientRect().top;
  const find = () => {
    const all = blocks();
    const index = all.findIndex((block) => block.getBoundingClientRect().bottom > 0);
    if (index < 0) return null;
    const named = all.slice(0, index + 1).reverse().find((block) => block.id);
    return {
      path: location.pathname, scroll: scrollY, index, top: top(all[index]), text: all[index].textContent.slice(0, 200),
      id: named && named.id, offset: named && top(named), block: all[index],
    };
  };
  const go = (state) => {
    if (!state || state.path !== location.pathname) return;
    root.style.scrollBehavior = 'auto';
    if (state.block && state.block.isConnected) {
      scrollBy(0, top(state.block) - state.top);
    } else {
      const same = blocks().map((block, index) => ({ block, index })).filter(({ block }) => block.textContent.slice(0, 200) === state.text)
        .sort((a, b) => Math.abs(a.index - state.index) - Math.abs(b.index - state.index))[0];
      const named = state.id && document.getElementById(state.id);
      if (same) scrollBy(0, top(same.block) - state.top);
      else if (named) scrollBy(0, top(named) - state.offset);
      else scrollTo(0, state.scroll);
    }
    root.style.scrollBehavior = '';
  };
  const keep = () => {
    const state = find();
    try { sessionStorage.setItem(place, JSON.stringify({ ...state, block: undefined })); } catch { /* begins at the top */ }
  };
  const restore = () => {
    let state = null;
    try {
      state = JSON.parse(sessionStorage.getItem(place));
      sessionStorage.removeItem(place);
    } catch { /* begins at the top */ }
    go(state);
  };
  history.scrollRestoration = 'manual';
  // Browsers move what they think was read; here the place is known.
  root.style.overflowAnchor = 'none';
  restore();

  // A new page out of this one: what is the same stays, sorted tables and values that are pointed at with it.
  const apply = (change) => {
    const main = document.querySelector('main');
    const old = [...main.children];
    if (old.length !== change.count) return false;
    const state = find();
    const holder = document.createElement('template');
    const fresh = [];
    const elements = change.elements.map((element) => {
      if (typeof element === 'number') return old[element];
      holder.innerHTML = element;
      fresh.push(holder.content.firstElementChild);
      return holder.content.firstElementChild;
    });
    if (change.title != null) document.title = change.title;
    if (change.style != null) {
      // The page's policy allows its own style and no other; one that a script makes is not asked about.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(change.style);
      document.adoptedStyleSheets = [sheet];
      document.querySelectorAll('head style').forEach((style) => style.remove());
    }
    if (change.contents != null) {
      holder.innerHTML = change.contents;
      const former = document.getElementById('_contents');
      const list = holder.content.firstElementChild;
      if (former && list) list.querySelector('details').open = former.querySelector('details').open;
      if (former) former.remove();
      if (list) main.before(list);
    }
    const stay = new Set(elements);
    old.forEach((element) => { if (!stay.has(element)) element.remove(); });
    let next = main.firstElementChild;
    elements.forEach((element) => {
      if (element === next) next = next.nextElementSibling;
      else main.insertBefore(element, next);
    });
    fresh.forEach(report.adopt);
    report.hide();
    go(state);
    return true;
  };

  const panel = make('aside', { class: 'panel faults', 'aria-label': 'What is wrong', role: 'alert', hidden: '' });
  const news = make('aside', { class: 'panel news', 'aria-label': 'Measurements', role: 'status', hidden: '' });
  const words = make('span', {});
  const press = make('button', { type: 'button' }, 'Measure');
  press.addEventListener('click', () => {
    press.disabled = true;
    // While something is measured the button is hidden; a measuring may be over within a second, and the next one be wanted.
    fetch('/measure', { method: 'POST' }).catch(() => {}).finally(() => { press.disabled = false; });
  });
  news.append(words, press);
  document.body.append(news, panel);
  let shown = '';
  const showFaults = (status) => {
    // Whoever listens hears a mistake once, not with every step of a measuring.
    const all = JSON.stringify([status.faults, status.failures]);
    if (all === shown) return;
    shown = all;
    panel.replaceChildren();
    panel.hidden = !status.faults.length && !status.failures.length;
    const kinds = [
      ['Not shown: the page is the last good one.', status.faults],
      ['Not measured: the page shows what was measured before.', status.failures],
    ];
    for (const [heading, faults] of kinds) {
      if (faults.length) panel.append(make('strong', {}, heading));
      for (const fault of faults) {
        const line = make('p', {});
        if (fault.place) line.append(make('code', {}, fault.place), ' ');
        line.append(fault.message);
        if (fault.remedy) line.append(make('i', {}, ' ' + fault.remedy));
        panel.append(line);
      }
    }
  };
  const show = (status) => {
    showFaults(status);
    const text = status.measuring || status.unmeasured;
    news.hidden = !text;
    words.textContent = text || '';
    press.hidden = Boolean(status.measuring);
  };

  let version = 0;
  const ask = async () => {
    // Browsers hold few connections open to one server: pages that nobody looks at ask for nothing.
    if (document.hidden) {
      await new Promise((done) => document.addEventListener('visibilitychange', done, { once: true }));
      return;
    }
    const own = root.dataset.page || '0';
    const query = new URLSearchParams({ after: version, page: own, path: location.pathname });
    const answer = await fetch('/events?' + query, { cache: 'no-store' });
    if (!answer.ok) throw new Error(answer.statusText);
    const status = await answer.json();
    version = status.version;
    if (String(status.page) !== own && !status.isEnding) {
      if (status.change && apply(status.change)) {
        root.dataset.page = status.page;
      } else {
        keep();
        location.reload();
        await new Promise(() => {});
      }
    }
    show(status);
    if (status.isEnding) throw new Error('ended');
  };
  (async () => {
    for (;;) {
      try {
        await ask();
      } catch {
        // The server has ended, or starts anew.
        version = 0;
        news.hidden = false;
        press.hidden = true;
        words.textContent = 'heatdrift watch has ended; the page stays as it was.';
        await new Promise((done) => setTimeout(done, 1500));
      }
    }
  })();
})();
