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
  const keep = () => {
    const all = blocks();
    const index = all.findIndex((block) => block.getBoundingClientRect().bottom > 0);
    if (index < 0) return;
    const named = all.slice(0, index + 1).reverse().find((block) => block.id);
    const top = (element) => element.getBoundingClientRect().top;
    const state = {
      path: location.pathname, scroll: scrollY, index, top: top(all[index]), text: all[index].textContent.slice(0, 200),
      id: named && named.id, offset: named && top(named),
    };
    try { sessionStorage.setItem(place, JSON.stringify(state)); } catch { /* begins at the top */ }
  };
  const restore = () => {
    let state = null;
    try {
      state = JSON.parse(sessionStorage.getItem(place));
      sessionStorage.removeItem(place);
    } catch { /* begins at the top */ }
    if (!state || state.path !== location.pathname) return;
    root.style.scrollBehavior = 'auto';
    const all = blocks();
    const same = all.map((block, index) => ({ block, index })).filter(({ block }) => block.textContent.slice(0, 200) === state.text)
      .sort((a, b) => Math.abs(a.index - state.index) - Math.abs(b.index - state.index))[0];
    const named = state.id && document.getElementById(state.id);
    if (same) scrollBy(0, same.block.getBoundingClientRect().top - state.top);
    else if (named) scrollBy(0, named.getBoundingClientRect().top - state.offset);
    else scrollTo(0, state.scroll);
    root.style.scrollBehavior = '';
  };
  history.scrollRestoration = 'manual';
  restore();

  const panel = make('aside', { class: 'panel faults', 'aria-label': 'What is wrong', role: 'alert', hidden: '' });
  const news = make('aside', { class: 'panel news', 'aria-label': 'Measurements', role: 'status', hidden: '' });
  const words = make('span', {});
  const press = make('button', { type: 'button' }, 'Measure');
  press.addEventListener('click', () => {
    press.disabled = true;
    fetch('/measure', { method: 'POST' }).catch(() => {}).finally(() => { setTimeout(() => { press.disabled = false; }, 1000); });
  });
  news.append(words, press);
  document.body.append(news, panel);
  const show = (status) => {
    panel.replaceChildren();
    panel.hidden = !status.faults.length;
    if (status.faults.length) {
      panel.append(make('strong', {}, 'Not shown: the page is the last good one.'));
      for (const fault of status.faults) {
        const line = make('p', {});
        if (fault.place) line.append(make('code', {}, fault.place), ' ');
        line.append(fault.message);
        if (fault.remedy) line.append(make('i', {}, ' ' + fault.remedy));
        panel.append(line);
      }
    }
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
    const answer = await fetch('/events?after=' + version, { cache: 'no-store' });
    if (!answer.ok) throw new Error(answer.statusText);
    const status = await answer.json();
    version = status.version;
    if (String(status.page) !== (root.dataset.page || '0') && !status.isEnding) {
      keep();
      location.reload();
      await new Promise(() => {});
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
