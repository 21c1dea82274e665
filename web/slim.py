"""Modules as they are served: without comments, indentation and the spaces that nobody needs.

A line break between two tokens stays, since JavaScript ends statements by them, so a module remains readable and its
tokens are those of its source: the tests hold every module to that with a reader of JavaScript that is not ours.
Nothing is renamed, joined or rearranged; numbers of lines change. What could be read in two ways without a grammar is
refused, never guessed: the reader of the tests would guess alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<gap>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      | (?P<word>[\w$]+)
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_REGEX: Final = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
# What of a template stands before its end or before an expression in it.
_CHUNK: Final = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*(?:`|\$\{)", re.DOTALL)
# After these words a slash begins a regular expression, and after signs other than the ends of values.
_BEFORE_REGEX: Final = frozenset(
    (
        *("await", "case", "delete", "do", "else", "in", "instanceof", "new", "of", "return", "throw", "typeof"),
        *("void", "yield"),
    )
)
_AFTER_VALUE: Final = frozenset(")]}`")


def slim(source: str) -> str:
    """The module with the same tokens and line breaks.

    ValueError: a template or regular expression without an end, a slash that may divide or begin an expression, a line
    that ends otherwise than by a line feed.
    """
    if any(end in source for end in "\r\u2028\u2029"):
        raise ValueError("lines end by a line feed alone")
    made: list[str] = []
    last = gap = ""
    for kind, token in _tokens(source):
        if kind == "gap":
            gap += token
            continue
        if made and gap:
            made.append("\n" if "\n" in gap else " " if _touch(last, token) else "")
        made.append(token)
        last, gap = token, ""
    return "".join((*made, "\n"))


def _touch(left: str, right: str) -> bool:
    """Whether two tokens would become others without a space between them. Said too often rather than too rarely."""
    before, after = left[-1], right[0]
    if _of_word(before) and (_of_word(after) or after in ".\\"):
        return True
    if before == "." and _of_word(after):
        return True
    return (before in "+-" and after in "+-") or "/" in (before, after) or _is_regex(left)


def _is_regex(token: str) -> bool:
    return token[0] == "/" and len(token) > 1


def _of_word(char: str) -> bool:
    return char.isalnum() or char in "_$#"


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    """Each token with its kind: gap, string, word, sign, regex, or a chunk of a template."""
    at, last, gap = 0, "", ""
    # For each expression of a template that is open, how many braces are open in it.
    inside: list[int] = []
    while at < len(source):
        kind, token = _next(source, at, last, resumes=bool(inside) and inside[-1] == 0)
        at += len(token)
        if kind == "chunk":
            inside = inside[:-1] if token.startswith("}") else inside
            inside = [*inside, 0] if token.endswith("${") else inside
        elif inside:
            inside[-1] += {"{": 1, "}": -1}.get(token, 0)
        if kind == "gap":
            gap = token
        else:
            is_one = gap == "" and (last == "." or (last in ("+", "-") and token.startswith(last)))
            last, gap = (last + token if is_one else token), ""
        yield kind, token
    if inside:
        raise ValueError("no end of a template")


def _next(source: str, at: int, last: str, *, resumes: bool) -> tuple[str, str]:
    """The token at a place; `resumes`: a brace here ends an expression in a template.

    `last`: the token before it, with the dot that makes it a member's name, or two signs that are one.
    """
    found = _TOKEN.match(source, at)
    if found is None or found.lastgroup is None:
        raise ValueError(f"no token at {at}")
    kind, read = found.lastgroup, found.group()
    if read == "`" or (read == "}" and resumes):
        return "chunk", read + _rest(_CHUNK, source, at + 1)
    if read == "/" and (last[-1:] in (")", "}") or last in ("++", "--")) and _REGEX.match(source, at):
        raise ValueError(f"the slash at {at} may divide or begin a regular expression: give what stands there a name")
    if read == "/" and not _is_value(last):
        return "regex", _rest(_REGEX, source, at)
    return kind, read


def _is_value(last: str) -> bool:
    """Whether what a token ends can be divided; a slash behind any other begins a regular expression."""
    if not last or last in _BEFORE_REGEX:
        return False
    return _of_word(last[-1]) or last[-1] in _AFTER_VALUE or last in ("++", "--") or last[0] in "\"'" or _is_regex(last)


def _rest(what: re.Pattern[str], source: str, at: int) -> str:
    found = what.match(source, at)
    if found is None:
        raise ValueError(f"no end of what begins at {at}")
    return found.group()
