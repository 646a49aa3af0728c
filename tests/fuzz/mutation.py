"""Cases: a seed, changed in a few places. A case is a number, so any of them can be made again.

A seed is some files, by name. Changes are made to bytes, to lines and to whole files; most put in what has
meaning somewhere (separators, escapes, numbers at their limits, names that lead elsewhere).
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

Files: TypeAlias = "dict[str, bytes]"
LIMIT = 256 * 1024
"""What a file of a case may have, in bytes."""
DEPTH = 100
"""How often one thing is put into itself."""

TOKENS: Sequence[bytes] = (
    *(b"\0", b"\n", b"\r\n", b"\r", b"\t", b" ", b"\x0b", b"\x0c", b"\x1b[31m", b"\x7f", b"\xef\xbb\xbf"),
    *(
        b"\xff",
        b"\xff\xfe",
        b"\xc3(",
        b"\xed\xa0\x80",
        "\u2028".encode(),
        "\u202e".encode(),
        "é\u0301".encode(),
    ),
    *(
        "\N{KELVIN SIGN}".encode(),
        "\N{FULLWIDTH DIGIT ONE}".encode(),
        "\N{ARABIC-INDIC DIGIT THREE}".encode(),
    ),
    *(
        b"..",
        b"../",
        b"/",
        b"//",
        b"./",
        b"~",
        b"\\",
        b"\\\n",
        b"%00",
        b"%2e%2e%2f",
        b"${HOME}",
        b"${",
        b"$",
        b"*",
    ),
    *(
        b"'",
        b'"',
        b'"""',
        b"`",
        b"#",
        b"=",
        b"==",
        b"===",
        b";",
        b",",
        b":",
        b"@",
        b"|",
        b"&",
        b"<",
        b">",
        b"!",
    ),
    *(
        b"[",
        b"]",
        b"[[",
        b"]]",
        b"{",
        b"}",
        b"(",
        b")",
        b"[]",
        b"{}",
        b"null",
        b"true",
        b"nan",
        b"inf",
        b"-inf",
    ),
    *(b"0", b"-1", b"1e999", b"9" * 30, b"9" * 5000, b"0x10", b"1_0", b"2147483648", b"18446744073709551616"),
    *(
        b"file:///etc/passwd",
        b"https://user:pa/Sw0rd@h/",
        b"git+ssh://h/x",
        b"-r ",
        b"-c ",
        b"-e ",
        b"--hash=sha256:",
    ),
)
_NUMBER = re.compile(rb"\d+")


def read_seeds(folder: Path) -> list[Files]:
    """Read seeds: each is a folder with files, at any depth."""
    seeds = []
    for seed in sorted(one for one in folder.iterdir() if one.is_dir()):
        files = sorted(one for one in seed.rglob("*") if one.is_file())
        seeds.append({one.relative_to(seed).as_posix(): one.read_bytes() for one in files})
    return seeds


def make_case(name: str, number: int, seeds: Sequence[Mapping[str, bytes]], tokens: Sequence[bytes]) -> Files:
    """Make a case of a target's seeds; the first ones are the seeds themselves."""
    if number < len(seeds):
        return dict(seeds[number])
    rng = random.Random(f"{name} {number}")
    files = dict(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5, 9))):
        _change(rng, files, seeds, (*TOKENS, *tokens))
    return files


def random_of(name: str, number: int) -> random.Random:
    """Return what decides on everything else about a case."""
    return random.Random(f"{name} {number} besides")


def _change(
    rng: random.Random, files: Files, seeds: Sequence[Mapping[str, bytes]], tokens: Sequence[bytes]
) -> None:
    name = rng.choice(sorted(files))
    if len(files) > 1 and rng.random() < 0.03:
        del files[name]
        return
    if rng.random() < 0.02:  # what belongs elsewhere
        files[name] = rng.choice(sorted(rng.choice(seeds).items()))[1]
        return
    change = rng.choice(_CHANGES)
    files[name] = change(rng, files[name], tokens)[:LIMIT]


def _span(rng: random.Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 1, 2, 4, 8, 30, 200, 5000)))


def _flip(rng: random.Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    if not data:
        return rng.choice(tokens)
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]


def _cut(rng: random.Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    start, end = _span(rng, data)
    return data[:start] + data[end:]


def _truncate(rng: random.Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _double(rng: random.Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    start, end = _span(rng, data)
    return data[:end] + data[start:end] * rng.choice((1, 2, 10, 300)) + data[end:]


def _insert(rng: random.Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.choice(tokens) + data[place:]


def _replace(rng: random.Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    start, end = _span(rng, data)
    return data[:start] + rng.choice(tokens) + data[end:]


def _nest(rng: random.Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    start, end = _span(rng, data)
    before, after = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"(", b")"), (b"{a=", b"}"), (b"a.", b"")))
    depth = rng.randrange(1, DEPTH)
    return data[:start] + before * depth + data[start:end] + after * depth + data[end:]


def _number(rng: random.Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return _insert(rng, data, tokens)
    one = rng.choice(found)
    value = rng.choice((b"0", b"-1", b"1" * 25, b"4294967296", b"9" * 5000, b"", b"01", b"1.5", b"1e9"))
    return data[: one.start()] + value + data[one.end() :]


def _line(rng: random.Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    one = rng.randrange(len(lines))
    other = rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            lines[one], lines[other] = lines[other], lines[one]
        case 1:
            lines.insert(one, lines[other])
        case 2:
            del lines[one]
        case _:
            lines[one] = rng.choice(tokens) + lines[one]
    return b"\n".join(lines)


_CHANGES: Sequence[Callable[[random.Random, bytes, Sequence[bytes]], bytes]] = (
    *(_flip, _cut, _truncate, _double, _insert, _insert, _replace, _replace, _nest, _number, _line, _line),
)
