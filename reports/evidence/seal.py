"""The seal of a finished run: a digest of every file, so that nothing changes unnoticed.

What comes later (a heal, a note, a new judgement) goes to ``amendments/`` and ``derived/<time>/``, never sealed.
"""

import hashlib
import json
from pathlib import Path

from reports.evidence.clock import now_us

SEAL = "seal.json"
LATER = ("amendments", "derived")


def digests(run: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of the run that a seal covers, by its path inside the run."""
    found: dict[str, str] = {}
    for path in sorted(run.rglob("*")):
        inside = path.relative_to(run)
        if path.is_file() and inside.parts[0] not in (*LATER, SEAL) and not inside.name.startswith("."):
            found[inside.as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def seal(run: Path) -> None:
    """Write ``seal.json``; a run that is sealed stays as it is."""
    path = run / SEAL
    if path.exists():
        return
    part = run / ".seal.part"
    body = {"schema": 1, "sealed_at_us": now_us(), "sha256": digests(run)}
    part.write_text(json.dumps(body, indent=1) + "\n")
    part.replace(path)


def is_sealed(run: Path) -> bool:
    """Whether the run ended and was sealed."""
    return (run / SEAL).is_file()


def broken(run: Path) -> list[str]:
    """Return one line for each file that is not as it was when the run was sealed; none when it is not sealed."""
    if not is_sealed(run):
        return []
    try:
        sealed: dict[str, str] = json.loads((run / SEAL).read_text())["sha256"]
    except (ValueError, KeyError):
        return [f"{SEAL}: not readable"]
    found = digests(run)
    lines = [f"{name}: missing" for name in sorted(sealed.keys() - found.keys())]
    lines += [f"{name}: added after the seal" for name in sorted(found.keys() - sealed.keys())]
    lines += [f"{name}: changed" for name in sorted(sealed) if name in found and found[name] != sealed[name]]
    return lines
