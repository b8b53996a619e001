#!/usr/bin/env python3
"""Takes out of a program, or of ICU's own library, the tables for languages that nothing asks for.

    Scripts/package/trim-icu.py FILE      changes it in place

Swift's Foundation, linked statically, brings ICU's data: 34 MB, a quarter of a package. The archive has as much once more in
libicudata, which libarchive needs through libxml2 for names of encodings. Heatdrift prints nothing in the language of
whoever runs it. Names of units, currencies, languages, regions and time zones, numbers in words, orders of sorting and
dictionaries for finding words are left out, but for those that all languages fall back to; what letters are, encodings and
transliteration stay. What is taken out is 0 in the file, whose size and places stay as they are.
"""

import struct
import sys
from pathlib import Path

FOLDERS = {"brkitr", "coll", "curr", "lang", "rbnf", "region", "unit", "zone"}
# What a language falls back to, what tables share, and which there are; the rules of sorting that all start from.
KEPT = {"root.res", "en.res", "en_US.res", "en_001.res", "pool.res", "res_index.res", "supplementalData.res",
        "tzdbNames.res", "ucadata.icu"}
# What stands in the header of an archive of ICU's: its magic number, and 8 bytes on its format, of version 1.
MAGIC, FORMAT = b"\xda\x27", b"CmnD\x01"


class Failure(Exception):
    """What is not as this script knows it."""


def find(program: bytearray) -> int:
    """Where the archive begins."""
    places = []
    at = program.find(FORMAT)
    while at >= 0:
        if at >= 12 and program[at - 10:at - 8] == MAGIC:
            places.append(at - 12)
        at = program.find(FORMAT, at + 1)
    if len(places) != 1:
        raise Failure(f"one archive of ICU's data was expected in it, and {len(places)} are there")
    return places[0]


def is_needed(name: str) -> bool:
    """name: as `icudt76l/lang/de.res`"""
    folder, _, file = name.partition("/")[2].rpartition("/")
    return folder not in FOLDERS or file in KEPT or file.endswith(".brk")


def trim(program: bytearray) -> int:
    """Returns how many bytes are 0 now."""
    start = find(program)
    # Offsets count from the table: number of items, then name and data of each, in the order of the names.
    table = start + struct.unpack_from("<H", program, start)[0]
    count = struct.unpack_from("<I", program, table)[0]
    items = [struct.unpack_from("<II", program, table + 4 + 8 * index) for index in range(min(count, 100_000))]
    if len(items) < 1000 or any(mine >= next for (_, mine), (_, next) in zip(items, items[1:])):
        raise Failure("ICU's archive has another table of contents than was expected")
    names = []
    for offset, _ in items:
        end = program.find(b"\0", table + offset)
        names.append(program[table + offset:end].decode("ascii"))
    if names != sorted(names) or not all(name.startswith("icudt") for name in names):
        raise Failure("ICU's archive has other names than were expected")
    # The last item has no next one to end at, and stays.
    kept = [index for index, name in enumerate(names) if is_needed(name) or index == count - 1]
    freed = 0
    for index in sorted(set(range(count)) - set(kept)):
        first, last = table + items[index][1], table + items[index + 1][1]
        program[first:last] = bytes(last - first)
        freed += last - first
    struct.pack_into("<I", program, table, len(kept))
    for place, index in enumerate(kept):
        struct.pack_into("<II", program, table + 4 + 8 * place, *items[index])
    return freed


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: trim-icu.py FILE", file=sys.stderr)
        return 64
    path = Path(sys.argv[1])
    program = bytearray(path.read_bytes())
    try:
        freed = trim(program)
    except (Failure, ValueError, struct.error) as error:
        print(f"trim-icu.py: {path}: {error}", file=sys.stderr)
        return 1
    path.write_bytes(program)
    print(f"{freed / 1e6:.1f} MB of ICU's tables left out", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
