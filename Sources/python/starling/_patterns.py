"""Name patterns as the daemon knows them: `*` any run of characters, `?` one character.

Not `fnmatch`: there `[` begins a set, here it is a character like any other.
"""

from __future__ import annotations

import re
from typing import Sequence, Tuple, Union

Patterns = Union[str, Sequence[str]]
"""One pattern or several."""


def matches(name: str, patterns: Patterns) -> bool:
    """Whether the whole name fits at least one of the patterns."""
    return any(
        re.fullmatch(_expression(pattern), name, re.DOTALL) for pattern in listed(patterns))


def listed(patterns: Patterns) -> Tuple[str, ...]:
    """Several patterns, also where one was given."""
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)


def _expression(pattern: str) -> str:
    pieces = {"*": ".*", "?": "."}
    return "".join(pieces.get(character) or re.escape(character) for character in pattern)
