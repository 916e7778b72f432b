"""Text that others wrote (links, files, their names, labels, votes) on its way into Markdown, where it stays text."""

from __future__ import annotations

import re

# of Markdown; the last three begin a title or a list
MARKS = re.compile(r"[\\`*\[\]<>~$&]|(?<!\w)_|_(?!\w)|^[#+=-]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
# what is found in the text when its marks have been read: addresses, emoji and icons
FOUND_LATER = re.compile(r":(?=[a-z/+])|www(?=\.)|@(?=\w)", re.IGNORECASE)
UNSEEN = "\u2060"  # a word joiner


def plain(text: object) -> str:
    r"""The text as Markdown that shows it letter by letter: no picture, no link, no line of its own, no turned writing.

    >>> print(plain("![cat](//host/x.png)"))
    !\[cat\](//host/x.png)
    """
    one_line = INVISIBLE.sub(" ", str(text)).strip()
    return FOUND_LATER.sub(rf"\g<0>{UNSEEN}", MARKS.sub(r"\\\g<0>", one_line))
