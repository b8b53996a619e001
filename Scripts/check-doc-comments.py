#!/usr/bin/env python3
"""Holds every public declaration to a doc comment: fails where a target has more without one than it may, and lists them.

    Scripts/check-doc-comments.py            every target; lists those of targets that have too many
    Scripts/check-doc-comments.py Figures    lists all of these targets

Counted are `public` declarations, what a public protocol asks for, and the first of each group of cases of a public enum.
Not counted are extensions, operators, what meets a documented requirement of a protocol (`REQUIREMENTS`, and the protocols
of this package), and initialisers that only store each of their parameters: the properties say what these are.
"""

import re
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1] / "Sources"

# How many a target may have, for a target that is taken over from elsewhere; every other one none.
ALLOWED = {}

# What these protocols ask for is documented by Swift and its packages, and means the same in every type.
REQUIREMENTS = {
    "CustomStringConvertible": {"description"},
    "Hashable": {"hash"},
    "Codable": {"init(from", "encode"},
    "Encodable": {"encode"},
    "Decodable": {"init(from"},
    "ExpressibleByArrayLiteral": {"init(arrayLiteral"},
    "ExpressibleByStringLiteral": {"init(stringLiteral"},
    "RawRepresentable": {"rawValue", "init(rawValue"},
    "IteratorProtocol": {"next"},
    "RandomNumberGenerator": {"next"},
    "Sequence": {"makeIterator"},
    "RandomAccessCollection": {"startIndex", "endIndex"},
}

TYPES = {"struct", "class", "enum", "actor", "protocol", "extension"}
DECLARATION = re.compile(
    r"^(?P<indent> *)(?P<modifiers>(?:(?:@\w+(?:\([^)]*\))?|[a-z]+(?:\((?:set|unsafe)\))?) +)*?)"
    r"(?P<kind>struct|class|enum|actor|protocol|extension|func|init|var|let|case|subscript|typealias)\b"
    r"[?!]? *(?P<rest>.*)$")


class Declaration:
    def __init__(self, path, lines, index, match, around):
        self.path, self.index, self.around = path, index, around
        self.indent, self.kind, rest = match["indent"], match["kind"], match["rest"]
        self.is_public = bool(re.search(r"\b(public|open)\b(?!\()", match["modifiers"]))
        self.text = lines[index].strip()
        label = re.match(r"(?:<[^(]*>)? *\( *(\w*)", rest)
        if self.kind in ("init", "subscript"):
            self.name = f"{self.kind}({label[1] if label else ''}"
        else:
            self.name = re.match(r"`?([\w.]*)", rest)[1]
        # Up to the opening brace, in one line, and what stands in the braces of an initialiser.
        self.head = " ".join([rest] + lines[index + 1:index + 8]).split("{")[0]
        self.only_stores = self.kind == "init" and only_stores(lines, index, self.indent)
        while index > 0 and re.match(r" *(@|#if|#else)", lines[index - 1]):
            index -= 1
        self.is_documented = index > 0 and lines[index - 1].lstrip().startswith("///")
        self.follows_case = index > 0 and lines[index - 1].startswith(f"{self.indent}case ")

    @property
    def owner(self):
        return self.around[-1] if self.around else None

    def protocols(self):
        """The names after the colon of a type."""
        return set(re.findall(r"[\w.]+", self.head.split(" where ")[0].partition(":")[2]))


def only_stores(lines, index, indent):
    """Whether an initialiser has no statement but `self.a = a`."""
    text = ""
    for line in lines[index:]:
        text += line.strip() + "\n"
        if line == indent + "}" or line is lines[index] and line.endswith("}"):
            break
    body = text.strip().partition("{")[2][:-1].strip()
    return all(re.fullmatch(r"self\.(\w+) = \1", statement.strip()) for statement in body.split("\n") if statement)


def declarations(path):
    """Of a file as `swift format` indents it: each with what stands around it. Locals of functions are left out."""
    lines, is_string, around, found = [], False, [], []
    for line in path.read_text().split("\n"):
        # Nothing within a string of several lines is a declaration.
        lines.append("" if is_string else line)
        is_string ^= line.count('"""') % 2 == 1
    for index, line in enumerate(lines):
        match = DECLARATION.match(line)
        if match or re.match(r" *#if", line):
            indent = len(line) - len(line.lstrip())
            around = [outer for outer in around if len(outer.indent) < indent]
        if match:
            declaration = Declaration(path, lines, index, match, around)
            if all(outer.kind in TYPES for outer in around):
                found.append(declaration)
            around = around + [declaration]
    return found


def undocumented(everything):
    """The declarations that have no comment and need one."""
    asked, parents = dict(REQUIREMENTS), {}
    for declaration in everything:
        if declaration.kind in TYPES:
            parents.setdefault(declaration.name, set()).update(declaration.protocols())
        if declaration.owner and declaration.owner.kind == "protocol":
            asked.setdefault(declaration.owner.name, set()).add(declaration.name)

    def requirements(name, seen):
        """Of a type and of all that it conforms to."""
        if name in seen:
            return set()
        seen.add(name)
        return asked.get(name, set()).union(*(requirements(parent, seen) for parent in parents.get(name, ())))

    def needs_one(declaration):
        owner = declaration.owner
        if declaration.is_documented or declaration.only_stores or declaration.kind == "extension" or not declaration.name:
            return False
        if any(outer.kind != "extension" and not outer.is_public for outer in declaration.around):
            return False
        if owner and owner.kind == "protocol":
            return True
        if declaration.kind == "case":
            return owner is not None and owner.kind == "enum" and not declaration.follows_case
        return declaration.is_public and not (owner and declaration.name in requirements(owner.name, set()))

    return [declaration for declaration in everything if needs_one(declaration)]


def main():
    everything = [declaration for path in sorted(SOURCES.rglob("*.swift")) for declaration in declarations(path)]
    targets = {path.name: [] for path in sorted(SOURCES.iterdir()) if path.is_dir()}
    for declaration in undocumented(everything):
        targets[declaration.path.relative_to(SOURCES).parts[0]].append(declaration)
    if unknown := [name for name in sys.argv[1:] if name not in targets]:
        sys.exit(f"check-doc-comments: there is no target {unknown[0]}; there are {', '.join(targets)}")
    failed = False
    for target, bare in targets.items():
        allowed = ALLOWED.get(target, 0)
        if target in sys.argv[1:] or not sys.argv[1:] and len(bare) > allowed:
            for declaration in bare:
                print(f"{declaration.path.relative_to(SOURCES.parent)}:{declaration.index + 1}: {declaration.text}")
        if len(bare) > allowed:
            print(f"{target}: {len(bare)} public declarations have no doc comment, and {allowed} may", file=sys.stderr)
            failed = True
        elif len(bare) < allowed:
            print(f"{target}: {len(bare)} public declarations have no doc comment; lower its {allowed} in ALLOWED")
    sys.exit(1 if failed else 0)


main()
