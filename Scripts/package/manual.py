#!/usr/bin/env python3
"""Manual pages out of what the program says of itself.

    heatdrift --experimental-dump-help | Scripts/package/manual.py FOLDER VERSION

Writes heatdrift.1 and a page for each command: heatdrift-run.1, heatdrift-data-fetch.1.
"""

import json
import os
import re
import sys
from datetime import datetime, timezone
from pathlib import Path

MORE = """.SH ENVIRONMENT
.TP
.B HEATDRIFT_OFFLINE
Any value but an empty one and 0: nothing is ever fetched from the network.
.TP
.B XDG_CACHE_HOME
Where data that were fetched are kept, in its folder heatdrift; ~/.cache unless set.
.SH FILES
Templates, experiments and models are looked for in the folders Templates, Experiments and Models of the working folder
and those above it, beside the program and above it, and in share/heatdrift next to the folder that the program is
installed in: the first that has one of the name. \\fBheatdrift doctor\\fP says which these are.
"""


def escaped(text: str) -> str:
    """Text that roff prints as it is; a hyphen stays the one that can be searched for and copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def body(discussion: str) -> str:
    """Paragraphs; a line in capitals is a heading, lines that are indented stand as they are."""
    parts = []
    is_literal = False
    for line in discussion.split("\n"):
        literal = line.startswith("  ")
        if is_literal and not literal and line.strip():
            parts += [".EE", ".RE", ".PP"]
            is_literal = False
        if re.fullmatch(r"[A-Z][A-Z ]+", line):
            parts.append(f'.SH "{line}"')
        elif literal:
            if not is_literal:
                parts += [".PP", ".RS 4", ".EX"]
                is_literal = True
            parts.append(escaped(line.strip()))
        elif not line.strip():
            if not is_literal:
                parts.append(".PP")
        else:
            parts.append(escaped(line))
    if is_literal:
        parts += [".EE", ".RE"]
    # No empty paragraphs: roff says of each that it skips it.
    kept = [part for index, part in enumerate(parts)
            if part != ".PP" or (index + 1 < len(parts) and not parts[index + 1].startswith((".PP", ".SH")))]
    return "\n".join(kept) + "\n" if kept else ""


def name(argument: dict) -> str:
    return ", ".join(f"\\fB{escaped(('--' if each['kind'] == 'long' else '-') + each['name'])}\\fP"
                     for each in argument.get("names", []))


def value(argument: dict) -> str:
    return f"\\fI{escaped(argument.get('valueName', 'value'))}\\fP"


def synopsis(command: dict, words: list[str]) -> str:
    parts = [f"\\fB{escaped(' '.join(words))}\\fP"]
    if command.get("subcommands"):
        parts.append("\\fIcommand\\fP")
    for argument in command.get("arguments", []):
        if not argument.get("shouldDisplay", True):
            continue
        if argument["kind"] == "positional":
            text = value(argument)
        else:
            preferred = argument["preferredName"]
            text = f"\\fB{escaped(('--' if preferred['kind'] == 'long' else '-') + preferred['name'])}\\fP"
            if argument["kind"] == "option":
                text += " " + value(argument)
        if argument.get("isOptional"):
            text = f"[{text}]"
        parts.append(text + ("..." if argument.get("isRepeating") else ""))
    return " ".join(parts)


def described(argument: dict) -> str:
    text = " ".join(filter(None, [argument.get("abstract"), argument.get("discussion")]))
    default = argument.get("defaultValue")
    if default and "(default" not in text:
        text += f" (default: {default})"
    return escaped(text)


def page(command: dict, words: list[str], version: str, date: str) -> str:
    title = "-".join(words)
    text = (f'.TH {escaped(title.upper())} 1 {date} "Heatdrift {version}" "User Commands"\n'
            f".SH NAME\n{escaped(title)} \\- {escaped(command.get('abstract', '').rstrip('.'))}\n"
            f".SH SYNOPSIS\n{synopsis(command, words)}\n")
    head, separator, examples = (command.get("discussion") or "").partition("EXAMPLES\n")
    if head.strip():
        text += ".SH DESCRIPTION\n" + body(head)
    arguments = [each for each in command.get("arguments", []) if each.get("shouldDisplay", True)]
    if arguments:
        text += ".SH OPTIONS\n"
    for argument in arguments:
        head = value(argument) if argument["kind"] == "positional" else name(argument)
        if argument["kind"] == "option":
            head += " " + value(argument)
        text += f".TP\n{head}\n{described(argument)}\n"
    children = [each for each in command.get("subcommands", []) if each["commandName"] != "help"]
    if children:
        text += ".SH COMMANDS\n"
    for child in children:
        text += f".TP\n.BR {escaped('-'.join(words + [child['commandName']]))} (1)\n{escaped(child.get('abstract', ''))}\n"
    if separator:
        text += body(separator + examples)
    if len(words) == 1:
        text += MORE
    else:
        text += f".SH \"SEE ALSO\"\n.BR {escaped('-'.join(words[:-1]))} (1)\n"
    return text


def write(command: dict, parents: list[str], folder: Path, version: str, date: str) -> None:
    words = parents + [command["commandName"]]
    if command["commandName"] == "help" or not command.get("shouldDisplay", True):
        return
    (folder / f"{'-'.join(words)}.1").write_text(page(command, words, version, date), encoding="utf-8")
    for child in command.get("subcommands", []):
        write(child, words, folder, version, date)


def main() -> int:
    if len(sys.argv) != 3:
        print("usage: heatdrift --experimental-dump-help | manual.py FOLDER VERSION", file=sys.stderr)
        return 64
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    date = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d")
    write(json.load(sys.stdin)["command"], [], folder, sys.argv[2], date)
    return 0


if __name__ == "__main__":
    sys.exit(main())
