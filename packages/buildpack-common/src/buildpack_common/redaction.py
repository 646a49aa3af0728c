"""Texts without secrets: whatever is printed goes through `redact`.

Hidden are the secrets that were made known (`hide`), and what looks like one wherever it stands: user names
and passwords in addresses (RFC 3986, 3.2.1), telling parameters of a query, a path or a fragment
(``?token=``), and header fields with credentials (``Authorization:``). An unexpanded ``${NAME}`` stays.

The time grows in proportion to the length of a text, whatever it holds: each rule looks at every part of it
once. So no regular expression here may start again inside what an earlier attempt has passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Span = tuple[int, int]

HIDDEN = "***"
"""What stands in the place of a secret."""

_SHORTEST = 6  # characters; what is shorter is a common word, and guessed anyway
_secrets: set[str] = set()

# Patterns are compiled where they are used, for texts that may match: most builds print none of these.
_SCHEME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+.-")
_LONGEST_SCHEME = 40
_BLANK = r"\s"
_BLANK_OR_QUOTE = r"[\s'\"<>]"
_CLOSING = {'"': '"', "'": "'", "<": ">", "`": "`"}
_PORT = r":(\d{1,5})(?=[/?#]|[,;|]?$)"
_HIGHEST_PORT = 65535
_CHECKOUTS = ("git", "hg", "svn", "bzr", "ssh")  # in their addresses a revision follows the last "@"
# A host, no "@" before the path, and after the colon more than digits.
_UNREADABLE = (
    r"(?i)https?://(?![^\s/?#'\"<>]*@)[^\s/?#:'\"<>\[]+:(?!\d*(?:[/?#\s'\"<>,;)\]}]|$))[^\s/?#'\"<>${]"
)
_REFERENCES = r"(?:\$\{\w+\})+"
_LONGEST_REFERENCE = 400

_PARAMETER = r"[?&;#]([^\s=&?;#]*)="
_VALUE = r"[^\s&#'\"<>]*"
_TELLING = (
    r"(?i)token|secret|passw|passphrase|pwd|signature|credential|key|session|bearer|auth(?!or(?!i))"
    r"|(?<![a-z])(?:sig|pass|pw|pat|sas|sid|jwt|otp|hmac)(?![a-z])|(?-i:(?:Sig|Pass|Pat)(?![a-z]))"
)

_HEADERS = ("authorization", "cookie", "api-key", "-token")
_HEADER = rf"(?i)(?:{'|'.join(_HEADERS)})['\"]?[ \t]{{0,8}}:[ \t]{{0,8}}(?:b?(?P<quote>['\"]))?"
_QUOTED = {"'": r"(?:[^'\\\r\n]|\\.)*", '"': r'(?:[^"\\\r\n]|\\.)*'}
# Where a request is shown as the text of a literal, its lines end in "\r\n" as four characters.
_FIELD_VALUE = r"(?:[^\\\r\n]|\\(?![rn]))*"


def redact(text: str) -> str:
    """Return ``text`` without credentials of any kind: ``https://***@host/path?token=***``.

    Where it is unclear what belongs to a password, more is hidden: up to the last "@" of an address.
    """
    return _replaced(
        text, [*_known(text), *_user_infos(text, generous=True), *_parameters(text), *_header_values(text)]
    )


def without_credentials(text: str) -> str:
    """Return ``text`` without credentials of addresses as RFC 3986 reads them: for what is compared.

    It depends on the text alone, not on what `hide` was told, and no more than the credentials are left out:
    addresses of two hosts stay different.
    """
    return _replaced(text, [*_user_infos(text, generous=False), *_parameters(text, references=True)])


def redact_beginning(text: str) -> str:
    """Return the beginning of a longer text, which goes on in the middle of something, as `redact` does.

    What may be the first part of a secret is left out: as much as the longest known secret has, and the last
    word, or if there is only one, what follows the first ``://`` in it.
    """
    text = text[: max(0, len(text) - max(map(len, tuple(_secrets)), default=0))]
    words = text.rstrip()
    if words == text:
        blank = max(text.rfind(" "), text.rfind("\t"))
        address = text.find("://", blank + 1)
        words = text[:blank] if blank > 0 else text if address < 0 else text[: address + 3]
    return redact(words)


def hide(secret: str) -> None:
    """Replace ``secret`` in all that is printed from now on, also percent-encoded and line by line.

    What is shorter than 6 characters is left alone, and so is the name of a variable that was not filled in.
    """
    for line in secret.splitlines():
        if len(line) >= _SHORTEST and not re.fullmatch(_REFERENCES, line):
            _secrets.add(line)
            if not re.fullmatch(r"[A-Za-z0-9_.~-]+", line):
                from urllib.parse import quote  # only for those who have such a secret

                _secrets.add(quote(line, safe="", errors="surrogateescape"))


def hide_credentials(text: str) -> None:
    """Hide the password, or the token, of every web address in ``text``, as it is written and decoded."""
    for one in _addresses(text, _BLANK_OR_QUOTE, closing=False):
        if not one.scheme.lower().endswith(("http", "https")):
            continue
        for at in {one.user_end(generous=False), one.user_end(generous=True)} - {-1}:
            from urllib.parse import unquote  # only for those who have a password

            username, _, password = text[one.begin : at].partition(":")
            hide(password or username)
            hide(unquote(password or username))
            hide_beginning(password)


def hide_beginning(password: str) -> None:
    """Hide what programs take for a port of an address, and show, if a password has a "/", "?" or "#"."""
    beginning = re.split("[/?#]", password)[0]
    if beginning != password:
        hide(beginning)


def has_unreadable_host(text: str) -> bool:
    """Whether a web address in ``text`` has something else than a port after ``host:``.

    That is part of a password: it has a "/", "?" or "#" that is not written as %XX, or the "@" is missing.
    Programs that such an address is given show it in their error.
    """
    return "://" in text and re.search(_UNREADABLE, text) is not None


def user_end(rest: str) -> int:
    """Return where the "@" after the user information is in what follows ``scheme://``, or -1."""
    return _Address(rest, "", 0, len(rest), len(rest)).user_end(generous=False)


def _known(text: str) -> Iterator[Span]:
    for secret in tuple(_secrets):  # another thread may add one
        at = text.find(secret)
        while at >= 0:
            yield at, at + len(secret)
            at = text.find(secret, at + len(secret))


@dataclass
class _Address:
    """An address in a text: from after its ``://`` to ``end``.

    ``word_end`` is where the word ends, in which another address may follow, and ``next_at`` the first "@"
    from ``end`` on.
    """

    text: str
    scheme: str
    begin: int
    end: int
    word_end: int
    next_at: int = -1

    def user_end(self, *, generous: bool) -> int:
        """Return where the "@" is that ends the user information, or -1 if there is none.

        That is the last one before the path. A password may, wrongly but in practice, also contain a "/";
        what follows ``host:`` as a port is left alone. ``generous`` takes an "@" in the path for one of the
        password as well, unless a revision follows it.
        """
        text, begin, end = self.text, self.begin, self.end
        path = re.compile("[/?#]").search(text, begin, end)
        authority_end = path.start() if path else end
        at = text.rfind("@", begin, authority_end)
        colon = text.find(":", begin, authority_end if at < 0 else at)
        if at < 0:
            if colon < 0 or text[begin] == "[" or self._has_port(colon):
                return -1
            if not generous:
                return text.find("@", colon, end)
            last = text.rfind("@", colon, end)
            return self.next_at if last < 0 and self.next_at < self.word_end else last
        if not generous or colon < 0:
            return at
        last = text.rfind("@", at, end)
        is_revision = (
            self.scheme.lower().startswith(_CHECKOUTS)
            and text.find("@", at + 1, end) == last
            and text.find(".git", last, end) < 0
        )
        return at if is_revision else last

    def _has_port(self, colon: int) -> bool:
        port = re.compile(_PORT).match(self.text, colon, self.end)
        return port is not None and int(port[1]) <= _HIGHEST_PORT


class _Ahead:
    """The next place where a pattern fits; asked for growing positions, it passes over a text once."""

    def __init__(self, pattern: str, text: str) -> None:
        self._pattern = re.compile(pattern)
        self._text = text
        self._at = -1

    def __call__(self, position: int) -> int:
        if self._at < position:
            found = self._pattern.search(self._text, position)
            self._at = found.start() if found else len(self._text)
        return self._at


def _addresses(text: str, word_end: str, *, closing: bool) -> list[_Address]:
    """Find all addresses. One in quotes ends with them if ``closing``."""
    if "://" not in text:
        return []
    found: list[_Address] = []
    end_of_word = _Ahead(word_end, text)
    closers = {quote: _Ahead(pattern, text) for quote, pattern in _CLOSING.items()} if closing else {}
    for separator in re.finditer("://", text):
        begin = separator.end()
        start = _scheme_start(text, separator.start(), found[-1].begin if found else 0)
        before = text[start - 1] if start else ""
        if start == separator.start():
            continue
        if found and start < found[-1].word_end:
            if before in {"@", ":"}:
                continue  # what looks like a scheme is in a password
            found[-1].end = start
        end = end_of_word(begin)
        if before in closers:
            end = min(end, closers[before](begin))
        found.append(_Address(text, text[start : separator.start()], begin, end, end))
    at = _Ahead("@", text)
    for one in found:
        one.next_at = at(one.end)
    return found


def _scheme_start(text: str, end: int, lowest: int) -> int:
    start = end
    while start > lowest and end - start < _LONGEST_SCHEME and text[start - 1] in _SCHEME:
        start -= 1
    return start


def _user_infos(text: str, *, generous: bool) -> Iterator[Span]:
    addresses = _addresses(text, _BLANK if generous else _BLANK_OR_QUOTE, closing=generous)
    for one in addresses:
        at = one.user_end(generous=generous)
        if at >= 0 and not (generous and _is_reference(text, one.begin, at)):
            yield one.begin, at


def _is_reference(text: str, begin: int, at: int) -> bool:
    """Whether what is secret of the user information is only named: ``${TOKEN}``, ``user:${PASSWORD}``."""
    if at - begin > _LONGEST_REFERENCE:
        return False
    username, _, password = text[begin:at].partition(":")
    return re.fullmatch(_REFERENCES, password or username) is not None


def _parameters(text: str, *, references: bool = False) -> Iterator[Span]:
    if "=" not in text or not any(one in text for one in "?&;#"):
        return
    pattern, references_only = re.compile(_PARAMETER), re.compile(_REFERENCES)
    found = pattern.search(text)
    while found:
        position = found.end()
        if _is_telling(found[1]):
            value = re.compile(_VALUE).match(text, position)
            position = value.end() if value else position
            if position > found.end() and (
                references or not references_only.fullmatch(text, found.end(), position)
            ):
                yield found.end(), position
        found = pattern.search(text, position)


def _is_telling(name: str) -> bool:
    if "%" in name:
        from urllib.parse import unquote  # hardly ever

        name = unquote(name)
    return re.search(_TELLING, name) is not None


def _header_values(text: str) -> Iterator[Span]:
    lower = text.lower()
    if not any(one in lower for one in _HEADERS):
        return
    pattern, reference = re.compile(_HEADER), re.compile(rf"(?:[\w-]+\s+)?{_REFERENCES}")
    found = pattern.search(text)
    while found:
        begin = found.end()
        quote = found["quote"] or _before_name(text, found.start())
        value = re.compile(_QUOTED.get(quote, _FIELD_VALUE)).match(text, begin)
        end = value.end() if value else begin
        if end > begin and not reference.fullmatch(text, begin, min(end, begin + _LONGEST_REFERENCE)):
            yield begin, end
        found = pattern.search(text, end)


def _before_name(text: str, end: int) -> str:
    """Return the character before the name of a field that goes on at ``end``, or ''."""
    start = _scheme_start(text, end, 0)  # the same characters
    return text[max(0, start - 1) : start]


def _replaced(text: str, spans: Iterable[Span]) -> str:
    """Return ``text`` with `HIDDEN` for each part of it that the spans cover together."""
    parts: list[str] = []
    at = 0
    for begin, end in _merged(spans):
        parts += [text[at:begin], HIDDEN]
        at = end
    return "".join([*parts, text[at:]]) if parts else text


def _merged(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        elif not found or (begin, end) != found[-1]:
            found.append((begin, end))
    return found
