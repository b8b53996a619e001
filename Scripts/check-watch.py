#!/usr/bin/env python3
"""Tries `heatdrift watch` in Chromium: a change of the template, of the experiment's report and of a picture is shown at the
place where the reader was, without the rest of the page being read again; a mistake stands over the last good page and goes when it
is mended; several tabs follow; nothing is measured unless somebody presses the button, types `m` or asked for it by --measure,
progress is told, and what keeps it from measuring; other hosts and origins are refused; Ctrl-C ends it, and frees the port.

    Scripts/check-watch.py HEATDRIFT FOLDER

HEATDRIFT is the program; FOLDER an output folder of Experiments/orl.yaml. Works on copies. Reports how long each change took from
the writing of the file to the page. Needs a Chromium; where there is none it says so and passes.
"""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from browser import Browser, executable

ROOT = Path(__file__).resolve().parent.parent
# From the written file to the page, of half of the changes, also while something else is built on the same two cores.
MOST_SECONDS = 0.5


class Watch:
    """The server, ended whatever happens."""

    def __init__(self, program, arguments, folder, stdin=None):
        # A group of its own, as a shell gives it, to be sent what a terminal's Ctrl-C sends.
        self.process = subprocess.Popen(
            [program, "watch", *arguments], cwd=folder, stdin=stdin, stdout=subprocess.PIPE, stderr=open(f"{folder}/watch.log", "a"),
            start_new_session=True)
        line = self.process.stdout.readline().decode().strip()
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", line)
        if not found:
            self.process.wait(10)
            sys.exit(f"check-watch: it says “{line}” in place of an address\n" + Path(f"{folder}/watch.log").read_text())
        self.address, self.port = line, int(found.group(1))

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return -9

    def ask(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host="Host" in names)
        for name, value in names.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body


faults = []


def require(condition, words):
    if not condition:
        faults.append(words)


def wait(browser, expression, seconds=20):
    """How long until an expression holds, in seconds; None where it never does."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        try:
            # A page that is still being read stands at its top.
            if browser.evaluate(f"document.readyState === 'complete' && ({expression})"):
                return time.monotonic() - start
        except RuntimeError:
            pass  # The page is being replaced.
        time.sleep(0.005)
    return None


def replace(path, text):
    """As editors write: a new file in the place of the old one."""
    other = Path(str(path) + "~")
    other.write_text(text)
    os.replace(other, path)


def small_experiment(epsilons="[0.02]", second="", seed=7, weights="vgg16"):
    """One network on four images: seconds, not minutes."""
    return (f"title: Four faces\nseed: {seed}\ndata: {{source: orl, split: test, split-seed: 7, limit: 4}}\nmodels:\n"
            f"  - {{architecture: vgg16, weights: ../Models/{weights}.safetensors, width: 0.25, layers: [last]}}\n{second}"
            f"attack: {{method: fgsm, epsilons: {epsilons}}}\nreport: {{template: ./small.md, formats: [html]}}\n")


SECOND = "  - {architecture: resnet50, weights: ../Models/resnet50.safetensors, width: 0.25, layers: [last]}\n"
PANEL = "document.querySelector('.panel.faults:not([hidden])')"
NEWS = "document.querySelector('.panel.news:not([hidden])')"


def check_measuring(program, work, times):
    """By the button, by `m` and Enter in the terminal, and unasked with --measure; and what stands there where it fails."""
    experiment = Path(f"{work}/Experiments/small.yaml")
    experiment.with_name("small.md").write_text("---\ntitle: Small\n---\n\n# Drift\n\nRead here.\n\n```{mod-table}\nlabel: tab-mod\n```\n")
    experiment.write_text(small_experiment())
    arguments = [str(experiment), "--output", f"{work}/small"]
    terminal, own = os.openpty()
    watch = Watch(program, arguments, work, stdin=own)
    try:
        with Browser() as browser:
            browser.open(watch.address)
            require(wait(browser, f"{NEWS}?.textContent.includes('Nothing has been measured yet')"), "nothing is said of an empty folder")
            require(measure(browser, "document.querySelector('main').textContent.includes('0.02')", times, "first measuring"),
                    "what the button measured is not shown")

            # One more level: the old page until then, progress meanwhile.
            replace(experiment, small_experiment("[0.02, 0.0375]"))
            require(wait(browser, f"{NEWS}?.textContent.includes('Not measured yet')"), "one more level is not said to be unmeasured")
            require(not browser.evaluate("document.querySelector('main').textContent.includes('0.0375')"), "a level is shown that nobody measured")
            require(measure(browser, "document.querySelector('main').textContent.includes('0.0375')", times, "one more level"),
                    "the new level is not shown")
            require(wait(browser, f"{NEWS} === null"), "“not measured yet” stays after measuring")

            # One more network, by `m` and Enter.
            replace(experiment, small_experiment("[0.02, 0.0375]", SECOND))
            require(wait(browser, f"{NEWS}?.textContent.includes('Not measured yet')"), "one more network is not said to be unmeasured")
            os.write(terminal, b"m\n")
            require(wait(browser, "document.querySelector('main').textContent.includes('ResNet50')", 120), "`m` and Enter measure nothing")

            # Weights that are not there: file, line and remedy, over the last good page; gone when it is mended.
            text = small_experiment("[0.02, 0.0375]", SECOND, weights="vgg61")
            replace(experiment, text)
            require(wait(browser, f"{NEWS}?.textContent.includes('Not measured yet')"), "other weights are not said to be unmeasured")
            browser.evaluate(f"{NEWS}.querySelector('button').click()")
            line = next(i for i, words in enumerate(text.splitlines()) if "vgg61" in words) + 1
            require(wait(browser, f"{PANEL}?.textContent.includes('Not measured')", 60), "missing weights are not told")
            words = browser.evaluate(f"{PANEL}?.textContent ?? ''")
            require(f"small.yaml:{line}" in words and "vgg61" in words, f"of missing weights the panel says “{words}”")
            require(browser.evaluate(f"({PANEL}?.querySelector('i')?.textContent ?? '').length > 10"), "missing weights have no remedy")
            require(browser.evaluate("document.querySelector('main').textContent.includes('ResNet50')"), "the last good page is gone")
            replace(experiment, small_experiment("[0.02, 0.0375]", SECOND))
            require(wait(browser, f"{PANEL} === null && {NEWS} === null"), "the panel stays when the weights are mended")
            require(not browser.complaints(), f"the console says {browser.complaints()}")
        require(watch.end() == 0, "after measuring it does not end with 0")

        # Unasked.
        watch = Watch(program, [*arguments, "--measure"], work)
        with Browser() as browser:
            browser.open(watch.address)
            replace(experiment, small_experiment("[0.02, 0.0375, 0.0625]", SECOND))
            require(wait(browser, "document.querySelector('main').textContent.includes('0.0625')", 120), "--measure measures nothing")
        require(watch.end() == 0, "with --measure it does not end with 0")
    finally:
        watch.end()
        os.close(terminal)
        os.close(own)


def measure(browser, expression, times, what):
    """Presses the button; whether progress was told and the page has what was measured."""
    browser.evaluate(f"{NEWS}.querySelector('button').click()")
    start = time.monotonic()
    told = set()
    while time.monotonic() - start < 120:
        told.add(browser.evaluate(f"{NEWS}?.textContent ?? ''"))
        if browser.evaluate(expression):
            times[what] = time.monotonic() - start
            require(any(re.search(r"Measuring: (\d+ measurement|image \d+ of \d+)", words) for words in told), f"{what}: progress was told as {told}")
            return True
        time.sleep(0.01)
    return False


def main():
    if executable() is None:
        print("check-watch: not checked, there is no Chromium here (Debian's package chromium)")
        return
    program = str(Path(sys.argv[1]).resolve())
    work = tempfile.mkdtemp()
    source = ROOT / "Experiments/orl.yaml"
    shutil.copytree(sys.argv[2], f"{work}/results")
    # Where the networks are is a part of what was measured: the same words lead there.
    os.symlink(ROOT / "Models", f"{work}/Models")
    experiment = Path(f"{work}/Experiments/watched.yaml")
    experiment.parent.mkdir()
    text = source.read_text()
    text = re.sub(r"(?m)^report:.*(\n[ \t].*|\n#.*)*", "", text) + "\nreport: {template: ./written.md, formats: [html]}\n"
    experiment.write_text(text)
    template = experiment.with_name("written.md")
    shipped = (ROOT / "Templates/paper.md").read_text()
    template.write_text(shipped)
    times = {}
    watch = Watch(program, [str(experiment), "--output", f"{work}/results"], work)
    try:
        with Browser() as browser:
            browser.open(watch.address)
            require(not browser.complaints(), f"the console says {browser.complaints()}")
            require(browser.evaluate("document.querySelector('h1') !== null"), "there is no page")
            require(wait(browser, "document.querySelector('.panel.news[hidden]') !== null"), "it says that something is not measured")

            # A change far up, read far down: the line that was read stays where it is.
            browser.evaluate("(() => { document.documentElement.style.scrollBehavior = 'auto'; "
                             "const b = [...document.querySelectorAll('main > *')]; b[Math.floor(b.length * 0.7)].scrollIntoView(); })()")
            def reading():
                return browser.evaluate(
                    "(() => { const b = [...document.querySelectorAll('main > *')].find((e) => e.getBoundingClientRect().bottom > 0); "
                    "return [b.textContent.slice(0, 60), Math.round(b.getBoundingClientRect().top)]; })()")
            before = reading()
            # A page that is read anew has no such mark; one whose table was made anew is not sorted any more.
            browser.evaluate("document.body.dataset.same = 'yes'; document.querySelector('table[data-sorts] th button').click()")
            lines = shipped.splitlines()
            first = next(i for i, line in enumerate(lines) if line.startswith("# ") or line.startswith("## "))
            for turn in range(3):
                changed = "\n".join(lines[:first + 1] + ["", f"A sentence that is new, number {turn}.", ""] + lines[first + 1:])
                replace(template, changed)
                took = wait(browser, f"document.body.textContent.includes('A sentence that is new, number {turn}.')")
                require(took is not None, "a changed template is not shown")
                times[f"template {turn + 1}"] = took
            after = reading()
            require(before[0] == after[0] and abs(before[1] - after[1]) <= 1, f"the place was {before} and is {after}")

            require(browser.evaluate("document.body.dataset.same") == "yes", "the whole page was read again for one sentence")
            require(browser.evaluate("document.querySelector('th[aria-sort]') !== null"), "a sorted table is not sorted any more")

            # A figure comes and goes: what it shares with others is where it was.
            figure = browser.evaluate("document.querySelectorAll('main figure').length")
            more = changed.replace("number 2.", "number 2.\n\n```{mod-curve}\nlabel: fig-more\n```\n")
            replace(template, more)
            took = wait(browser, f"document.querySelectorAll('main figure').length === {figure + 1}")
            times["one more figure"] = took
            require(browser.evaluate("document.body.dataset.same") == "yes", "the whole page was read again for one figure")
            broken = browser.evaluate(
                "[...document.querySelectorAll('main use')].filter((u) => !document.querySelector(u.getAttribute('href'))).length"
                " + [...document.querySelectorAll('main [clip-path]')].filter((c) => !document.querySelector(/#[^)]+/.exec(c.getAttribute('clip-path'))[0].replace(/[.]/g, '\\\\.'))).length")
            require(broken == 0, f"{broken} pictures or clips lead nowhere")
            require(browser.evaluate("document.querySelector('#fig-more .open') !== null && document.querySelector('#fig-more svg[tabindex]') !== null"),
                    "a new figure cannot be enlarged or asked")
            replace(template, changed)
            require(wait(browser, f"document.querySelectorAll('main figure').length === {figure}"), "a figure does not go")
            after = reading()
            require(before[0] == after[0] and abs(before[1] - after[1]) <= 1, f"the place was {before} and is {after}")

            # A file that is written in two parts.
            whole = changed.replace("number 2", "number 3")
            with open(template, "w") as file:
                file.write(whole[:len(whole) // 2])
                file.flush()
                time.sleep(0.015)
                file.write(whole[len(whole) // 2:])
            require(wait(browser, "document.body.textContent.includes('number 3.')"), "a file written in parts is not shown")

            # A mistake, over the last good page; and its mending.
            broken = changed.replace("A sentence that is new", "{{ modles.count }} is new")
            number = next(i for i, line in enumerate(broken.splitlines()) if "modles" in line) + 1
            replace(template, broken)
            took = wait(browser, "document.querySelector('.panel.faults:not([hidden])') !== null")
            times["mistake"] = took
            require(took is not None, "a mistake is not told")
            words = browser.evaluate("document.querySelector('.panel.faults').textContent")
            require(f"written.md:{number}" in words and "modles" in words, f"the panel says “{words}”")
            require(browser.evaluate("document.body.textContent.includes('number 3.')"), "the last good page is gone")
            replace(template, changed.replace("number 2", "number 4"))
            took = wait(browser, "document.body.textContent.includes('number 4.') && document.querySelector('.panel.faults[hidden]') !== null")
            times["mended"] = took
            require(took is not None, "the panel stays when the mistake is mended")

            # Away for a while, as at a change of branches, and back.
            template.unlink()
            require(wait(browser, "document.querySelector('.panel.faults:not([hidden])') !== null"), "a template that is gone is not told")
            time.sleep(0.5)
            template.write_text(changed.replace("number 2", "number 6"))
            took = wait(browser, "document.body.textContent.includes('number 6.') && document.querySelector('.panel.faults[hidden]') !== null")
            require(took is not None, "a template that comes back is not followed")
            replace(template, changed.replace("number 2", "number 4"))
            require(wait(browser, "document.body.textContent.includes('number 4.')"), "a template that came back is not followed any more")

            # The experiment: its report, a mistake in it, and something that nobody measured.
            replace(experiment, text.replace("report: {", "report: {authors: [Ada <Lovelace>], "))
            took = wait(browser, "document.querySelector('main').textContent.includes('Ada <Lovelace>')")
            times["authors"] = took
            require(took is not None, "the experiment's report section is not followed")
            replace(experiment, text.replace("report: {", "report: {autors: [Ada], "))
            require(wait(browser, "document.querySelector('.panel.faults:not([hidden])')?.textContent.includes('autors')"),
                    "a mistake in the experiment is not told")
            replace(experiment, text.replace("seed: 7", "seed: 8", 1))
            took = wait(browser, "document.querySelector('.panel.news:not([hidden])')?.textContent.includes('Not measured yet')")
            require(took is not None, "what is not measured is not told")
            require(browser.evaluate("document.querySelector('.panel.news button').hidden") is False, "there is no button to measure by")
            replace(experiment, text)
            require(wait(browser, "document.querySelector('.panel.news[hidden]') !== null"), "“not measured yet” stays")

            # A second tab.
            with Browser() as second:
                second.open(watch.address)
                replace(template, changed.replace("number 2", "number 5"))
                for tab in (browser, second):
                    require(wait(tab, "document.body.textContent.includes('number 5.')"), "a second tab is not followed")

            # Whose requests are answered.
            host = f"127.0.0.1:{watch.port}"
            for path, method, headers, expected in [
                ("/", "GET", {}, 200), ("/", "GET", {"Host": f"localhost:{watch.port}"}, 200),
                ("/", "GET", {"Host": "evil.example"}, 403), ("/", "GET", {"Host": f"evil.example:{watch.port}"}, 403),
                ("/", "GET", {"Host": "127.0.0.1"}, 403), ("/", "GET", {"Host": f"127.0.0.1:{watch.port + 1}"}, 403),
                ("/events?after=0", "GET", {"Origin": "http://evil.example"}, 403),
                ("/events?after=0", "GET", {"Origin": "null"}, 403),
                ("/events?after=0", "GET", {"Origin": f"http://{host}"}, 200),
                ("/measure", "POST", {}, 403), ("/measure", "POST", {"Origin": f"https://{host}"}, 403),
                ("/../../etc/passwd", "GET", {}, 404), ("/%2e%2e/results.sqlite", "GET", {}, 404),
            ]:
                status, _ = watch.ask(path, method, **headers)
                require(status == expected, f"{method} {path} with {headers} is answered with {status}, not {expected}")
            status, body = watch.ask("/events?after=junk")
            require(status == 200 and json.loads(body)["page"] > 0, "the events cannot be read")

            # A second server takes the next port.
            other = Watch(program, [str(experiment), "--output", f"{work}/results"], work)
            require(other.port == watch.port + 1, f"a second server listens on {other.port}")
            require(other.end() == 0, "a second server does not end with 0")

            code = watch.end()
            require(code == 0, f"after Ctrl-C it ends with {code}")
            require(wait(browser, "document.querySelector('.panel.news')?.textContent.includes('ended')"), "the page does not say that the server ended")
        with socket.socket() as port:
            port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                port.bind(("127.0.0.1", watch.port))
            except OSError as error:
                require(False, f"the port is not free: {error}")
    finally:
        watch.end()
    usual = statistics.median(took if took is not None else 99 for took in times.values())
    require(usual < MOST_SECONDS, f"a change took {usual:.3f} s from the file to the page, and {MOST_SECONDS} s are allowed")
    measured = {}
    check_measuring(program, work, measured)
    for what, took in measured.items():
        print(f"{what}: {took:.1f} s from the button to the page")
    for what, took in times.items():
        print(f"{what}: {took:.3f} s from the written file to the page" if took is not None else f"{what}: never")
    if faults:
        print(Path(f"{work}/watch.log").read_text()[-3000:], file=sys.stderr)
        for fault in faults:
            print("  " + fault, file=sys.stderr)
        sys.exit(f"check-watch: {len(faults)} faults")
    shutil.rmtree(work)
    print("check-watch: it follows what is written")


main()
