"""The one rule for every name that a user gives: what is named so becomes a folder, an image or a part of a URL.

A name that one file system takes and another does not is refused everywhere: devices of Windows, a dot at the
end, capitals in what becomes a file, for two names that differ in them alone would be one file.
"""

from __future__ import annotations

import re

PROJECT, PRODUCT, MODEL, ENVIRONMENT = "project", "product", "model", "environment"
OWNER, IMAGE, RUN, RELEASE = "owner", "image", "run", "release"
LONGEST = 100
_WORD = "[a-z][a-z0-9_]*"
_ONE_OF = rf"[0-9a-f]+|{_WORD}(~[0-9]+)?"
KINDS = {
    PROJECT: (_WORD, "a-z, 0-9 and _, beginning with a letter"),
    PRODUCT: (rf"{_WORD}\.{_WORD}", "owner.product, each of a-z, 0-9 and _, beginning with a letter"),
    MODEL: (rf"{_WORD}\.[a-z0-9_][a-z0-9_-]*", "project.model, of a-z, 0-9, _ and -"),
    ENVIRONMENT: ("[a-z][a-z0-9_-]*", "a-z, 0-9, _ and -, beginning with a letter"),
    OWNER: ("[A-Za-z0-9][A-Za-z0-9_. -]*", "letters, digits, _ . - and spaces, beginning with a letter or digit"),
    IMAGE: (
        r"[a-z0-9][a-z0-9._-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@sha256:[0-9a-f]{64})?",
        "[host[:port]/]name[:tag] in small letters",
    ),
    RUN: (_ONE_OF, "an id of a-f 0-9, PROJECT or PROJECT~2"),
    RELEASE: (_ONE_OF, "an id of a-f 0-9, PROJECT or PROJECT~2"),
}  # fmt: skip
"""What each kind of name is made of, and how that is said."""
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=[./:~@]|\Z)")


def name_fault(kind: str, name: object) -> str:
    """Why nothing of this kind can be called so, as the end of a sentence; empty where it can.

    Args:
        kind: One of `KINDS`.
        name: The name.
    """
    pattern, expected = KINDS[kind]
    if not isinstance(name, str) or not re.fullmatch(pattern, name):
        return f"is not a valid {kind} name; expected {expected}"
    if len(name) > LONGEST:
        return f"has {len(name)} characters; expected at most {LONGEST}"
    small = name.lower()
    if any(
        _DEVICES.match(small, at) for at in (0, *(i + 1 for i, c in enumerate(small) if c in "./"))
    ):
        return "is a device on Windows, where nothing else can be called so"
    return "ends in a dot, which Windows leaves out" if name.endswith((".", " ")) else ""
