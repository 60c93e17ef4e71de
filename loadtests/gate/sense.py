"""What the grammar of rules allows and nobody can mean: a bound that can only fail, or only pass."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lark import Token

from reports.judge.rules import QUANTILES
from reports.objectives import ObjectivesError, load_objectives

Tokens = dict[str, Token]

# What the name of an objective ends with, by what is measured.
SUFFIX = {"latency": "_s", "outage": "_s", "errors": "_errors_ratio", "rate": "_per_s"}


@dataclass(frozen=True)
class Wrong:
    """A word that makes no sense, and what was expected in its place."""

    token: Token
    expected: str


def senseless(kind: str, tokens: Tokens) -> Wrong | None:
    """Return the first word of a condition that makes no sense; None when there is none."""
    return next(_wrong(kind, tokens), None)


def _wrong(kind: str, tokens: Tokens) -> Iterator[Wrong]:
    if kind == "comparison" and tokens["STATISTIC"] not in QUANTILES:
        yield Wrong(tokens["STATISTIC"], f"{', '.join(QUANTILES)}, since only percentiles are compared")
    name = tokens.get("OBJECTIVE_NAME")
    if name is not None:
        yield from _objective(kind, name)
    number = tokens.get("NUMBER")
    expected = None if number is None else _number(kind, tokens, Decimal(number))
    if number is not None and expected:
        yield Wrong(number, expected)


def _objective(kind: str, name: Token) -> Iterator[Wrong]:
    if not name.endswith(SUFFIX[kind]):
        yield Wrong(name, f"an objective of {kind}, whose name ends with {SUFFIX[kind]}")
        return
    try:
        load_objectives().value(str(name))
    except ObjectivesError:
        yield Wrong(name, "the name of an objective of reports/objectives.toml")


def _number(kind: str, tokens: Tokens, number: Decimal) -> str | None:
    """Return what is expected in the place of a bound that can only fail, or only pass; None for any other."""
    if kind == "comparison":
        return None if number else "a number over 0, since no number of runs tells 0 % from a little"
    if number == 0 and "LESS" in tokens:
        return "a number over 0, since nothing is below it"
    if number == 0 and "AT_LEAST" in tokens:
        return "a number over 0, since no rate is below it"
    if kind == "errors" and number >= 100 and "AT_MOST" in tokens:
        return "a number under 100, since no more than all can be errors"
    if kind == "errors" and number > 100:
        return "a number up to 100, since no more than all can be errors"
    return None
