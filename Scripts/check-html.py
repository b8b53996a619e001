#!/usr/bin/env python3
"""Opens a report for browsers in Chromium and tries what a reader would: links, sorting, large figures, values, themes,
print; looks for whatever a screen reader would stumble over, for text that is hard to read, and for requests, of which
there must be none; and holds its figures to those that the report has as PDF.

    Scripts/check-html.py REPORT.html [--figures FOLDER] [--pictures FOLDER]

  --figures   a folder with LABEL.pdf, the same figures at the same width; needs pdftoppm
  --pictures  where screenshots are left

Needs a Chromium; where there is none it says so and passes.
"""

import argparse
import base64
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from browser import Browser, executable

MOST_BYTES = 3_000_000

# Of 255, in squares of 24 points after both pictures were reduced to 48 dots an inch: two rasterisers, and fonts where those
# of the PDF are not installed, place the edges of letters differently. `shift` is the mean absolute difference of the worst
# square, `ink` how much lighter or darker, or otherwise coloured, it is as a whole.
SHIFT = 27
INK = 10

PROBE = r"""
(() => {
  const faults = [];
  const ids = {};
  document.querySelectorAll('[id]').forEach((e) => { ids[e.id] = (ids[e.id] || 0) + 1; });
  for (const id in ids) if (ids[id] > 1) faults.push(`${ids[id]} elements have the id ${id}`);
  const links = [...document.querySelectorAll('a[href^="#"]')];
  links.forEach((a) => {
    if (!document.getElementById(decodeURIComponent(a.getAttribute('href').slice(1)))) {
      faults.push(`the link ${a.getAttribute('href')} leads nowhere`);
    }
  });
  const name = (e) => (e.getAttribute('aria-label') || e.textContent || e.getAttribute('title') || '').trim();
  const headings = [...document.querySelectorAll('main h1,main h2,main h3,main h4,main h5,main h6')];
  let last = 0;
  headings.forEach((h) => {
    const level = Number(h.tagName[1]);
    if (level > last + 1) faults.push(`after a heading of level ${last} comes one of level ${level}: ${h.textContent}`);
    if (!name(h)) faults.push('a heading is empty');
    last = level;
  });
  if (document.querySelectorAll('h1').length !== 1) faults.push('there is not one heading of level 1');
  if (!document.documentElement.lang) faults.push('the document has no language');
  if (!document.title) faults.push('the document has no title');
  if (document.querySelectorAll('main').length !== 1) faults.push('there is not one main part');
  document.querySelectorAll('svg[role=img]').forEach((s) => { if (!name(s)) faults.push('a figure has no words'); });
  document.querySelectorAll('button,a[href]').forEach((e) => { if (!name(e)) faults.push(`${e.outerHTML.slice(0, 80)} has no name`); });
  document.querySelectorAll('table').forEach((t) => {
    if (!t.caption && !t.getAttribute('aria-label')) faults.push('a table has no name');
    t.querySelectorAll('th').forEach((h) => {
      if (!h.getAttribute('scope')) faults.push('a head of a table has no scope');
      if (!name(h)) faults.push('a head of a table is empty');
    });
    const widths = new Set([...t.rows].map((r) => [...r.cells].reduce((n, c) => n + c.colSpan, 0)));
    if (widths.size > 1) faults.push(`rows of a table have ${[...widths].join(' and ')} cells`);
  });
  const outside = [...document.querySelectorAll('[src],link[href]')].map((e) => e.src || e.href).filter((a) => !a.startsWith('data:'));
  outside.forEach((a) => faults.push(`the page asks for ${a}`));
  if (document.documentElement.scrollWidth > innerWidth + 1) faults.push(`the page is ${document.documentElement.scrollWidth} pixels wide in a window of ${innerWidth}`);
  return {
    faults, links: links.length, headings: headings.length, tables: document.querySelectorAll('table').length,
    sorting: document.querySelectorAll('table[data-sorts]').length, figures: document.querySelectorAll('figure').length,
    values: document.querySelectorAll('.v').length,
  };
})()
"""

# WCAG 2.2, 1.4.3: 4.5, of large letters 3. Text over pictures and over bars has no single ground, and is left out.
CONTRAST = r"""
(() => {
  const parse = (text) => {
    const n = (text.match(/[\d.]+/g) || []).map(Number);
    return n.length < 3 ? null : { c: n.slice(0, 3), a: n.length > 3 ? n[3] : 1 };
  };
  const lum = (c) => {
    const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const found = parse(getComputedStyle(e).backgroundColor);
      if (found && found.a > 0.99) return found.c;
    }
    return [255, 255, 255];
  };
  const faults = {};
  let least = 99, count = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.textContent.trim() || ['SCRIPT', 'STYLE', 'TITLE'].includes(e.tagName.toUpperCase())) continue;
    const style = getComputedStyle(e);
    if (!e.getClientRects().length || style.visibility === 'hidden' || e.closest('.told,.skip,.open')) continue;
    const isDrawn = e.closest('svg');
    if (isDrawn && isDrawn.classList.contains('paper')) continue;
    const colour = parse(isDrawn ? style.fill : style.color);
    if (!colour) continue;
    const behind = ground(isDrawn ? isDrawn.parentElement : e);
    const own = colour.c.map((v, i) => v * colour.a + behind[i] * (1 - colour.a));
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const found = ratio(own, behind);
    count += 1;
    least = Math.min(least, found);
    if (found < (isLarge ? 3 : 4.5) - 0.005) {
      faults[`${found.toFixed(2)} of ${own.map(Math.round)} on ${behind.map(Math.round)}: ${e.tagName} ${e.className.baseVal ?? e.className}`] = node.textContent.trim().slice(0, 40);
    }
  }
  return { faults, least, count };
})()
"""

COMPARE = r"""
(async (first, second) => {
  const load = async (data) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + data;
    await image.decode();
    return image;
  };
  const [a, b] = [await load(first), await load(second)];
  const side = 16;
  const [width, height] = [Math.min(a.width, b.width), Math.min(a.height, b.height)];
  const [w, h] = [Math.floor(width / 3), Math.floor(height / 3)];
  const pixels = (image) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const all = context.getImageData(0, 0, width, height).data;
    const out = new Float64Array(w * h * 3);
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let j = 0; j < 3; j++) for (let i = 0; i < 3; i++) sum += all[((3 * y + j) * width + 3 * x + i) * 4 + c];
      out[(y * w + x) * 3 + c] = sum / 9;
    }
    return out;
  };
  const [p, q] = [pixels(a), pixels(b)];
  let shift = 0, ink = 0, mean = 0;
  for (let top = 0; top + side <= h; top += side) for (let left = 0; left + side <= w; left += side) {
    let absolute = 0;
    const whole = [0, 0, 0];
    for (let y = top; y < top + side; y++) for (let x = left; x < left + side; x++) for (let c = 0; c < 3; c++) {
      const d = p[(y * w + x) * 3 + c] - q[(y * w + x) * 3 + c];
      absolute += Math.abs(d) / 3;
      whole[c] += d;
    }
    shift = Math.max(shift, absolute / side / side);
    ink = Math.max(ink, ...whole.map((v) => Math.abs(v) / side / side));
  }
  for (let i = 0; i < p.length; i++) mean += Math.abs(p[i] - q[i]) / p.length;
  return { shift, ink, mean, sizes: [[a.width, a.height], [b.width, b.height]] };
})
"""


class Check:
    def __init__(self):
        self.faults = []

    def require(self, condition, words):
        if not condition:
            self.faults.append(words)


def box(browser, expression):
    return browser.evaluate(
        f"(() => {{ const b = ({expression}).getBoundingClientRect(); return {{ x: b.left + scrollX, y: b.top + scrollY, "
        "width: b.width, height: b.height }; })()")


def check_sorting(browser, check):
    count = browser.evaluate("document.querySelectorAll('table[data-sorts]').length")
    for index in range(count):
        table = f"document.querySelectorAll('table[data-sorts]')[{index}]"
        heads = browser.evaluate(f"{table}.querySelectorAll('thead tr:last-child th button').length")
        check.require(heads > 0, f"table {index + 1} says that it sorts, and has no buttons")
        rows = browser.evaluate(f"{table}.tBodies[0].rows.length")
        for column in range(heads):
            button = f"{table}.querySelectorAll('thead tr:last-child th button')[{column}]"
            # By the keyboard, and once more by a click.
            browser.evaluate(f"{button}.focus()")
            browser.key("Enter")
            browser.evaluate(f"{button}.click()")
            sort = browser.evaluate(f"{button}.closest('th').getAttribute('aria-sort')")
            check.require(sort == "descending", f"table {index + 1}, column {column + 1}: aria-sort is {sort} after two presses")
            texts = browser.evaluate(
                f"[...{table}.tBodies[0].rows].map((r) => {{ const c = r.cells[{button}.closest('th').cellIndex].cloneNode(true); "
                "c.querySelectorAll('small').forEach((s) => s.remove()); return c.textContent.trim(); })")
            check.require(len(texts) == rows, f"table {index + 1} lost rows")
            try:
                numbers = [float(text.replace("−", "-").replace(",", "").rstrip("%")) for text in texts]
            except ValueError:
                continue
            check.require(numbers == sorted(numbers, reverse=True), f"table {index + 1}, column {column + 1} is not sorted: {texts}")
    return count


def check_large(browser, check, figures):
    for index in range(min(figures, 3)):
        button = f"document.querySelectorAll('figure .open')[{index}]"
        browser.evaluate(f"{button}.focus()")
        browser.key("Enter")
        state = browser.evaluate(
            "(() => { const d = document.querySelector('dialog'); const s = d.querySelector('svg').getBoundingClientRect(); "
            "return { open: d.open, width: s.width, height: s.height, name: document.getElementById('_large').textContent }; })()")
        check.require(state["open"] and state["width"] > 200, f"figure {index + 1} does not open large: {state}")
        browser.key("Escape")
        check.require(not browser.evaluate("document.querySelector('dialog').open"), "Escape does not close the large figure")
        check.require(browser.evaluate(f"document.activeElement === {button}"), "the focus does not return to the button")


def check_values(browser, check):
    drawings = browser.evaluate("document.querySelectorAll('main svg[tabindex]').length")
    for index in range(drawings):
        drawing = f"document.querySelectorAll('main svg[tabindex]')[{index}]"
        browser.evaluate(f"{drawing}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        # Values go where the page is scrolled, which the browser says a frame later.
        browser.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        browser.evaluate(f"{drawing}.focus()")
        browser.key("ArrowRight")
        text = browser.evaluate("document.querySelector('.told.shown')?.textContent ?? ''")
        check.require(any(c.isdigit() for c in text), f"the arrow key tells nothing of figure {index + 1}: “{text}”")
        browser.key("ArrowRight")
        browser.evaluate(f"{drawing}.blur()")
        check.require(not browser.evaluate("document.querySelector('.told.shown') !== null"), "a value stays when its figure is left")
        place = browser.evaluate(
            f"(() => {{ const b = {drawing}.querySelector('.v').getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; }})()")
        browser.move(*place)
        text = browser.evaluate("document.querySelector('.told.shown')?.textContent ?? ''")
        check.require(any(c.isdigit() for c in text), f"pointing at a value of figure {index + 1} tells nothing")
        browser.move(2, 2)
    return drawings


def check_figures(browser, check, folder, work):
    found = {}
    labels = browser.evaluate("[...document.querySelectorAll('figure[id]')].map((f) => f.id)")
    for label in labels:
        path = Path(folder) / f"{label}.pdf"
        if not path.is_file():
            continue
        drawing = f"document.getElementById({label!r}).querySelector('.drawing')"
        browser.evaluate(f"{drawing}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        browser.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        clip = box(browser, drawing)
        shown = f"{work}/{label}-html.png"
        browser.screenshot(shown, clip)
        subprocess.run(["pdftoppm", "-r", "144", "-png", "-singlefile", str(path), f"{work}/{label}-pdf"], check=True)
        found[label] = (shown, f"{work}/{label}-pdf.png")
    worst = {}
    for label, paths in found.items():
        data = [base64.b64encode(Path(path).read_bytes()).decode() for path in paths]
        result = browser.evaluate(f"{COMPARE}({data[0]!r}, {data[1]!r})")
        (a, b), (c, d) = result["sizes"]
        check.require(abs(a - c) <= 4 and abs(b - d) <= 4, f"{label} is {a} x {b} pixels here and {c} x {d} as PDF")
        check.require(result["shift"] <= SHIFT and result["ink"] <= INK,
                      f"{label} differs from its PDF: shift {result['shift']:.1f} of {SHIFT}, ink {result['ink']:.1f} of {INK}")
        worst[label] = result
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report")
    parser.add_argument("--figures")
    parser.add_argument("--pictures")
    arguments = parser.parse_args()
    if executable() is None:
        print("check-html: not checked, there is no Chromium here (Debian's package chromium)")
        return
    path = Path(arguments.report).resolve()
    check = Check()
    size = path.stat().st_size
    check.require(size < MOST_BYTES, f"the page has {size:,} bytes, more than {MOST_BYTES:,}")
    work = arguments.pictures or tempfile.mkdtemp()
    os.makedirs(work, exist_ok=True)
    with Browser(scale=1.5) as browser:
        browser.dark(False)
        browser.open(path.as_uri())
        state = browser.evaluate(PROBE)
        check.faults += state["faults"]
        requests = [address for address in browser.requests() if address != path.as_uri()]
        check.require(not requests, f"the page asked for {requests}")
        for theme in ("light", "dark"):
            browser.dark(theme == "dark")
            seen = browser.evaluate(CONTRAST)
            for words, text in list(seen["faults"].items())[:12]:
                check.faults.append(f"{theme}: contrast {words}, “{text}”")
            print(f"contrast, {theme}: at least {seen['least']:.2f} of {seen['count']} pieces of text")
            if arguments.pictures:
                browser.evaluate("scrollTo(0, 0)")
                browser.screenshot(f"{work}/{theme}.png", whole=False)
        # Chosen by hand, against the system.
        grounds = []
        for _ in range(3):
            browser.evaluate("document.querySelector('.theme').click()")
            grounds.append(browser.evaluate(
                "document.querySelector('.theme').textContent + ' ' + getComputedStyle(document.body).backgroundColor"))
        check.require(len({g.split('rgb')[1] for g in grounds[:2]}) == 2, f"the button does not change the theme: {grounds}")
        browser.dark(False)
        worst = check_figures(browser, check, arguments.figures, work) if arguments.figures else {}
        for label, found in worst.items():
            print(f"{label}: shift {found['shift']:.1f}, ink {found['ink']:.1f}, mean {found['mean']:.2f} of 255")
        sorting = check_sorting(browser, check)
        check_large(browser, check, state["figures"])
        values = check_values(browser, check)
        browser.pdf(f"{work}/printed.pdf")
        check.require(os.path.getsize(f"{work}/printed.pdf") > 10_000, "nothing is printed")
        words = subprocess.run(["pdftotext", f"{work}/printed.pdf", "-"], capture_output=True, text=True, check=True).stdout
        heads = browser.evaluate("[...document.querySelectorAll('main h1, main h2')].map((h) => h.textContent.trim()).filter((h) => h !== 'Files')")
        squeezed = "".join(words.split())
        missing = [head for head in heads if "".join(head.split()) not in squeezed]
        check.require(not missing, f"printed it lacks {missing[:3]}")
        buttons = [word for word in ("Theme: ", "Enlarge", "Skip to the text") if word in words]
        check.require(not buttons, f"buttons are printed: {buttons}")
        # A narrow window scrolls no way but down.
        browser.send("Emulation.setDeviceMetricsOverride", {"width": 380, "height": 700, "deviceScaleFactor": 1, "mobile": False})
        width = browser.evaluate("document.documentElement.scrollWidth")
        check.require(width <= 381, f"in a window of 380 pixels the page is {width} wide")
        if arguments.pictures:
            browser.evaluate("scrollTo(0, 0)")
            browser.screenshot(f"{work}/narrow.png")
        complaints = browser.complaints()
        check.require(not complaints, f"the console says: {complaints[:5]}")
    print(f"{size:,} bytes; {state['links']} links, {state['headings']} headings, {state['figures']} figures, {state['values']} values "
          f"in {values} of them, {state['tables']} tables, {sorting} that sort; {len(worst)} figures held to their PDF")
    if check.faults:
        for fault in check.faults[:40]:
            print("  " + fault, file=sys.stderr)
        sys.exit(f"check-html: {len(check.faults)} faults in {path}")
    print("check-html: the page does what it should")


main()
