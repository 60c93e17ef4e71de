"""Waivers as a file: which rule may fail for a while, why, and until when. Edit it, review it, and let it expire.

[[waiver]]
rule = "p95 of * < 800ms"
because = "OMS-123: slow since the new tax service; fixed in the next release"
until = 2026-12-31
"""

import tomllib
from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loadtests.options import UsageError
from reports.judge.rules import Rule
from reports.judge.waivers import Waiver

WAIVERS_FILE = "gate.waivers.toml"  # in the run directory


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rule: str = Field(min_length=1)
    because: str = Field(min_length=10)
    until: date


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    waiver: tuple[_Entry, ...] = ()


def read_waivers(text: str, name: str, rules: Sequence[Rule]) -> tuple[Waiver, ...]:
    """Return the waivers of a file's text. Raises UsageError for what is wrong, and for a rule that is not there."""
    try:
        found = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: expected TOML, as [[waiver]] with rule, because and until: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{name}: {where}: {first['msg']}") from error
    known = {rule.text for rule in rules}
    waivers = tuple(Waiver(" ".join(one.rule.split()), one.because, one.until) for one in found.waiver)
    lost = next((one.rule for one in waivers if one.rule not in known), None)
    if lost is not None:
        raise UsageError(f"{name}: expected a rule of the rule file, found none as {lost!r}")
    return waivers
