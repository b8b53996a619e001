'use strict';
// What a report does in a browser. Without it everything is still there to be read.
const report = (() => {
  const root = document.documentElement;
  const make = (name, attributes, text) => {
    const element = document.createElement(name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text) element.textContent = text;
    return element;
  };

  // Themes: what the system asks for, unless somebody chose. Files that are opened from disk may keep nothing.
  const kept = {
    get: () => { try { return localStorage.getItem('heatdrift-theme'); } catch { return null; } },
    set: (value) => { try { localStorage.setItem('heatdrift-theme', value); } catch { /* not kept */ } },
  };
  const themes = ['auto', 'light', 'dark'];
  const button = make('button', { type: 'button', class: 'theme' });
  const show = (theme) => {
    if (theme === 'auto') root.removeAttribute('data-theme');
    else root.setAttribute('data-theme', theme);
    button.textContent = 'Theme: ' + theme;
  };
  let theme = themes.includes(kept.get()) ? kept.get() : 'auto';
  show(theme);
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    kept.set(theme);
    show(theme);
  });
  document.body.insertBefore(button, document.querySelector('main'));

  const contents = document.querySelector('nav details');
  if (contents && matchMedia('(max-width: 75.99rem)').matches) contents.open = false;

  // Tables: by the number that a cell begins with, else by its words.
  const number = (text) => {
    const found = /^[^\d−+.-]*([−+-]?[\d,]*\.?\d+(?:e[−+-]?\d+)?)(?:\/(\d+))?/i.exec(text);
    if (!found) return NaN;
    const value = Number(found[1].replace(/,/g, '').replace(/−/g, '-'));
    return found[2] ? value / Number(found[2]) : value;
  };
  const words = (cell) => {
    if (!cell) return '';
    const copy = cell.cloneNode(true);
    copy.querySelectorAll('small').forEach((note) => note.remove());
    return copy.textContent.trim();
  };
  const sort = (table, column, direction) => {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, text: words(row.cells[column]) }));
    const isNumeric = rows.filter(({ text }) => /^[−+\-.<>≤≥]?\s*[\d.]/.test(text)).length * 2 > rows.length;
    const order = new Intl.Collator('en', { numeric: true });
    rows.sort((a, b) => {
      if (!isNumeric) return direction * order.compare(a.text, b.text);
      const [x, y] = [number(a.text), number(b.text)];
      // What is no number stands last, whichever the direction.
      if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y);
      return direction * (x - y);
    });
    body.append(...rows.map(({ row }) => row));
  };
  const makeSortable = (table) => {
    const head = table.tHead && table.tHead.rows[table.tHead.rows.length - 1];
    if (!head) return;
    [...head.cells].forEach((cell, column) => {
      if (cell.tagName !== 'TH') return;
      const press = make('button', { type: 'button', title: 'Sort by this column' });
      press.append(...cell.childNodes);
      cell.append(press);
      press.addEventListener('click', () => {
        const next = cell.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
        [...head.cells].forEach((other) => other.removeAttribute('aria-sort'));
        cell.setAttribute('aria-sort', next);
        sort(table, column, next === 'ascending' ? 1 : -1);
      });
    });
  };
  const makeReachable = (box) => {
    // What scrolls is reached by the keyboard.
    if (box.scrollWidth > box.clientWidth + 1) {
      const caption = box.querySelector('caption');
      box.tabIndex = 0;
      box.setAttribute('role', 'region');
      box.setAttribute('aria-label', (caption ? caption.textContent : 'Table').slice(0, 80));
    }
  };

  // Values of curves and points: the nearest to the pointer, or one after the other by the arrow keys.
  const told = make('div', { class: 'told', role: 'status' });
  document.body.append(told);
  let current = null;
  const hide = () => {
    if (current) current.classList.remove('on');
    current = null;
    told.classList.remove('shown');
    told.textContent = '';
  };
  const tell = (point) => {
    if (current === point) return;
    if (current) current.classList.remove('on');
    current = point;
    point.classList.add('on');
    (point.closest('dialog') || document.body).append(told);
    told.textContent = point.dataset.words;
    const box = point.getBoundingClientRect();
    const own = told.getBoundingClientRect();
    const left = Math.min(Math.max(4, box.left + box.width / 2 - own.width / 2), innerWidth - own.width - 4);
    const above = box.top - own.height - 8;
    told.style.left = left + 'px';
    told.style.top = (above > 4 ? above : box.bottom + 8) + 'px';
    told.classList.add('shown');
  };
  const takeWords = (point) => {
    const title = point.querySelector('title');
    if (!title) return;
    point.dataset.words = title.textContent;
    title.remove();
  };
  const watch = (drawing) => {
    const points = [...drawing.querySelectorAll('.v')];
    if (!points.length) return;
    drawing.setAttribute('tabindex', '0');
    drawing.setAttribute('aria-describedby', '_keys');
    const distance = (point, event) => {
      const box = point.getBoundingClientRect();
      const x = Math.max(box.left - event.clientX, 0, event.clientX - box.right);
      const y = Math.max(box.top - event.clientY, 0, event.clientY - box.bottom);
      return Math.hypot(x, y);
    };
    drawing.addEventListener('pointermove', (event) => {
      let nearest = null;
      let least = 10;
      for (const point of points) {
        const found = distance(point, event);
        // The last drawn lies on top.
        if (found <= least) [nearest, least] = [point, found];
      }
      if (nearest) tell(nearest); else hide();
    });
    drawing.addEventListener('pointerleave', hide);
    drawing.addEventListener('blur', hide);
    drawing.addEventListener('keydown', (event) => {
      const at = points.indexOf(current);
      const next = {
        ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at < 0 ? points.length - 1 : at - 1,
        ArrowUp: at < 0 ? points.length - 1 : at - 1, Home: 0, End: points.length - 1,
      }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      tell(points[(next + points.length) % points.length]);
    });
  };
  document.body.append(make('div', { id: '_keys', class: 'hidden', hidden: '' }, 'Arrow keys tell the values of its points.'));
  addEventListener('scroll', hide, { passive: true });
  addEventListener('keydown', (event) => { if (event.key === 'Escape') hide(); });

  // Figures open large.
  const dialog = make('dialog', { 'aria-labelledby': '_large' });
  const inner = make('div');
  const bar = make('div', { class: 'bar' });
  const heading = make('h2', { id: '_large' }, 'Figure');
  const close = make('button', { type: 'button' }, 'Close');
  const art = make('div', { class: 'art' });
  const caption = make('p', { class: 'words' });
  bar.append(heading, close);
  inner.append(bar, art, caption);
  dialog.append(inner);
  document.body.append(dialog);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => {
    hide();
    document.body.append(told);
    art.replaceChildren();
  });
  const open = (figure) => {
    const drawing = figure.querySelector('.drawing');
    if (!drawing || dialog.open) return;
    hide();
    const copy = drawing.cloneNode(true);
    // What is drawn is defined in the page already, and a name may stand there once.
    copy.querySelectorAll('defs').forEach((definitions) => definitions.remove());
    copy.querySelectorAll('[id]').forEach((element) => element.removeAttribute('id'));
    copy.removeAttribute('width');
    copy.removeAttribute('height');
    const text = figure.querySelector('figcaption');
    heading.textContent = text && text.querySelector('b') ? text.querySelector('b').textContent.replace(/\.\s*$/, '') : 'Figure';
    caption.textContent = text ? text.textContent : '';
    art.className = 'art' + (drawing.classList.contains('paper') ? ' paper' : '');
    art.replaceChildren(copy);
    dialog.showModal();
    close.focus();
    watch(copy);
  };
  const makeLarge = (figure) => {
    if (!figure.querySelector('.drawing')) return;
    const name = figure.querySelector('figcaption b');
    const press = make('button', { type: 'button', class: 'open' }, 'Enlarge');
    press.setAttribute('aria-label', 'Enlarge ' + (name ? name.textContent.replace(/\.\s*$/, '') : 'the figure'));
    press.addEventListener('click', () => open(figure));
    figure.append(press);
  };

  // All of it, for a page or for an element that came into it.
  const adopt = (part) => {
    const all = (selector) => [...(part.matches(selector) ? [part] : []), ...part.querySelectorAll(selector)];
    all('table[data-sorts]').forEach(makeSortable);
    all('.table').forEach(makeReachable);
    all('.v').forEach(takeWords);
    all('.drawing').forEach(watch);
    all('figure').forEach(makeLarge);
  };
  adopt(document.querySelector('main'));
  return { adopt, hide };
})();
