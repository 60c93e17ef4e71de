"""Lengths of time as people write them: 30s, 2m, 1h."""

import re

LONGEST_S = 4 * 3600.0
WRITTEN = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")
SECONDS = {None: 1, "s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """Return a length of time in seconds; without a unit it is seconds. Raises ValueError with one clear line."""
    found = WRITTEN.fullmatch(text)
    length_s = float(found[1]) * SECONDS[found[2]] if found else -1
    if not 0 <= length_s <= LONGEST_S:
        raise ValueError(f"expected a time up to {LONGEST_S / 3600:g} h, as 30s or 2m, found {text!r}")
    return length_s
