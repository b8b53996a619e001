#!/usr/bin/env python3
"""Holds the documentation to the tree: every page is listed in README.md, every link and every file that is named is
there, README's sections fit a screen, and versions that stand in several places are one.

    python3 Scripts/check-documentation.py
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Lines of a section of README.md, and letters of a line outside of tables, pictures and links.
SECTION, WIDTH = 45, 130

failures = []


def fail(place, message):
    failures.append(f"{place}: {message}")


def tracked():
    """The files of the repository: committed ones, and new ones that git would take."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True)
    if listed.returncode == 0:
        return sorted({path for path in listed.stdout.splitlines() if (ROOT / path).is_file()})
    return sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file())


def prose(text):
    """Lines with their numbers, fenced blocks left out."""
    fence = None
    for number, line in enumerate(text.splitlines(), 1):
        start = re.match(r" *(```+|~~~+)", line)
        if start and fence is None:
            fence = start.group(1)[0] * 3
        elif start and start.group(1).startswith(fence):
            fence = None
        elif fence is None:
            yield number, line


def anchors(path):
    """What `#...` can name in a page, as GitHub makes it of headings."""
    found = set()
    for _, line in prose((ROOT / path).read_text()):
        if heading := re.match(r"#{1,6} +(.*?) *#*$", line):
            text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.group(1)).lower()
            found.add(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    return found


def check_links(path, files, folders):
    here = (ROOT / path).parent
    for number, line in prose((ROOT / path).read_text()):
        place = f"{path}:{number}"
        # What stands in code is an example.
        plain = re.sub(r"(`+).*?\1", "", line)
        targets = re.findall(r"\]\(([^)\s]+)\)", plain) + re.findall(r'(?:src|href)="([^"]+)"', line)
        for target in targets:
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            full = (here / name).resolve() if name else ROOT / path
            relative = str(full.relative_to(ROOT)) if full.is_relative_to(ROOT) else name
            if relative not in files and relative.rstrip("/") not in folders:
                fail(place, f"links to {target}, and there is no such file")
            elif anchor and relative.endswith(".md") and anchor not in anchors(relative):
                fail(place, f"links to {target}, and {relative} has no such heading")
        # Files that are named in passing.
        for name in re.findall(r"`((?:Documentation|Scripts|Experiments|Templates|Benchmarks|Sources|Tests)/[\w./-]+)", line):
            name = name.rstrip("./")
            if name not in files and name not in folders and "NAME" not in name:
                fail(place, f"names {name}, and there is no such file")


def check_list(files):
    readme = (ROOT / "README.md").read_text()
    pages = [path for path in files if re.fullmatch(r"Documentation/[^/]+\.md", path)]
    for path in pages + ["CONTRIBUTING.md", "CHANGELOG.md"]:
        line = re.search(rf"^\| \[[^]]+\]\({re.escape(path)}\) \| *(.*?) *\|$", readme, re.MULTILINE)
        if not line or not line.group(1):
            fail("README.md", f"does not list {path} in its table of the documentation, with what it tells")
    for path in ("LICENSE", "CITATION.cff"):
        if path not in files:
            fail(path, "is missing")


def check_screens():
    start, title = 1, "its beginning"
    lines = (ROOT / "README.md").read_text().splitlines()
    for number, line in enumerate(lines + ["## "], 1):
        if line.startswith("## "):
            if number - start > SECTION:
                fail(f"README.md:{start}", f"{title} has {number - start} lines; a screen has {SECTION}")
            start, title = number, line
        elif len(line) > WIDTH and not line.startswith(("|", "<img", "    ")):
            fail(f"README.md:{number}", f"has {len(line)} letters; a line has {WIDTH}")


def version(text):
    return tuple(map(int, text.split(".")))


def only(pattern, path):
    found = re.search(pattern, (ROOT / path).read_text(), re.MULTILINE)
    if not found:
        fail(path, f"has nothing like {pattern}")
        return None
    return found.group(1)


def check_versions(files):
    oldest = only(r"\A// swift-tools-version: *([\d.]+)", "Package.swift")
    pinned = only(r"^version +([\d.]+)$", "Scripts/swift-toolchain.txt")
    if oldest and pinned and version(pinned) < version(oldest):
        fail("Scripts/swift-toolchain.txt", f"pins Swift {pinned}, older than Package.swift's {oldest}")
    for path in files:
        if path.endswith(".md") and path != "CHANGELOG.md":
            for number, line in prose((ROOT / path).read_text()):
                for said in re.findall(r"Swift (\d+\.\d+) or newer", line):
                    if said != oldest:
                        fail(f"{path}:{number}", f"says Swift {said} or newer, and Package.swift {oldest}")
    ours = only(r'static let version = "([\d.]+)"', "Sources/Support/Heatdrift.swift")
    cited = only(r"^version: *([\d.]+)$", "CITATION.cff")
    if ours and cited != ours:
        fail("CITATION.cff", f"is of version {cited}, and Heatdrift {ours}")
    if not only(r"^## \[(Unreleased|\d+\.\d+\.\d+)\]", "CHANGELOG.md"):
        fail("CHANGELOG.md", "has no section of a version")


def check_shell(files):
    for path in files:
        if path.endswith(".sh") or path == ".ci/run":
            parsed = subprocess.run(["bash", "-n", str(ROOT / path)], capture_output=True, text=True)
            if parsed.returncode != 0:
                fail(path, parsed.stderr.strip())


def main():
    files = tracked()
    folders = {str(parent) for path in files for parent in Path(path).parents} - {"."}
    pages = [path for path in files if path.endswith(".md") and not path.startswith(("Templates/", "Tests/"))]
    for path in pages:
        check_links(path, set(files), folders)
    check_list(files)
    check_screens()
    check_versions(files)
    check_shell(files)
    for failure in failures:
        print(f"check-documentation: {failure}", file=sys.stderr)
    if failures:
        sys.exit(1)
    print(f"{len(pages)} pages: listed, linked, and of one version")


main()
