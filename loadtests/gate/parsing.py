"""Rule files: from text to rules, and from a mistake to one message with a caret under the wrong word."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

from lark import Lark, Token, Tree, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from loadtests.durations import LONGEST_S
from loadtests.gate.sense import Tokens, senseless
from reports.judge.rules import Rule, Who
from reports.objectives import load_objectives

GRAMMAR = Path(__file__).with_name("rules.lark")
DEFAULT_RULES = Path(__file__).parents[1] / "rules" / "default.rules"
SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}

# How a person calls what the grammar expects.
WORDS = {
    "STATISTIC": "p50, p90, p95, p99, p99.9, mean or max",
    "ERRORS": "errors",
    "OUTAGE": "outage",
    "RATE": "rate",
    "OF": "of",
    "EVERYBODY": "*",
    "JOURNEY": "journey:NAME",
    "METHOD": "an endpoint",
    "NAME": "an endpoint",
    "QUOTED": "an endpoint",
    "PATH": "a path",
    "LESS": "<",
    "AT_MOST": "<=",
    "MORE": ">",
    "AT_LEAST": ">=",
    "NOT": "not worse than baseline",
    "WORSE": "worse",
    "THAN": "than",
    "BASELINE": "baseline",
    "BY": "by",
    "NUMBER": "a number",
    "OBJECTIVE": "objective NAME",
    "OBJECTIVE_NAME": "the name of an objective",
    "TIME_UNIT": "a unit of time (ms or s)",
    "PERCENT": "%",
    "PER_SECOND": "/s",
    "DURATION": "a unit of time (s, m or h)",
    "IN": "in PHASE",
    "PHASE": "the name of a phase",
    "OVER": "over",
    "FOR": "for",
    "COMMA": "a comma",
    "STOP": "stop",
    "$END": "the end of the line",
}


class RulesError(Exception):
    """A rule file cannot be used; the message says file, line and what was expected, with a caret under the word."""


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Read a rule file. Raises RulesError."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise RulesError(f"{path}: expected a rule file, it cannot be read: {error}") from error
    return parse_rules(text, name=str(path))


def parse_rules(text: str, *, name: str) -> tuple[Rule, ...]:
    """Return the rules of a file's text, one a line. Raises RulesError for the first mistake, or for no rule at all.

    The bound of a rule with an objective is that as shipped; whoever judges a run resolves it by the run's own.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if not _is_blank(line)]
    if not lines:
        raise RulesError(f"{name}: expected at least one rule, found none: write one a line, as: p95 of * < 800ms")
    return tuple(_parse(line, f"{name}, line {number}") for number, line in lines)


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _parse(line: str, where: str) -> Rule:
    try:
        tree = _parser().parse(line)
    except UnexpectedInput as error:
        raise RulesError(_message(line, where, _column(line, error), _expected(error))) from None
    condition, *rest = (part for part in tree.children if isinstance(part, Tree))
    tokens = _tokens(condition)
    parts = {str(part.data): _tokens(part) for part in rest}
    wrong = senseless(str(condition.data), tokens)
    if wrong:
        raise RulesError(_message(line, where, wrong.token.column or 1, wrong.expected))
    return Rule(
        text=_text(line, tree),
        measure=str(condition.children[0]),
        who=_who(tokens),
        bound=_bound(tokens),
        inclusive="AT_MOST" in tokens or "AT_LEAST" in tokens,
        origin=where,
        objective=str(tokens.get("OBJECTIVE_NAME", "")),
        phase=str(parts["phase"]["PHASE"]) if "phase" in parts else "",
        over_s=_length(parts.get("over"), line, where),
        for_s=_length(parts.get("sustained"), line, where),
        stops="stop" in parts,
        with_baseline=condition.data == "comparison",
    )


def _bound(tokens: Tokens) -> float:
    """7 errors in 1,000 keep "<= 0.7%", which 0.7 * 0.01 does not: hence the Decimal."""
    if "OBJECTIVE_NAME" in tokens:
        return load_objectives().value(str(tokens["OBJECTIVE_NAME"]))
    return float(Decimal(tokens["NUMBER"]) * _scale(tokens))


def _scale(tokens: Tokens) -> Decimal:
    if "PERCENT" in tokens:
        return Decimal("0.01")
    return SECONDS[tokens["TIME_UNIT"]] if "TIME_UNIT" in tokens else Decimal(1)


def _length(tokens: Tokens | None, line: str, where: str) -> float | None:
    if tokens is None:
        return None
    number = tokens["NUMBER"]
    seconds = float(Decimal(number) * SECONDS[tokens["DURATION"]])
    if seconds % 1 or not 1 <= seconds <= LONGEST_S:
        expected = f"whole seconds, at least one and up to {LONGEST_S / 3600:g} h"
        raise RulesError(_message(line, where, number.column or 1, expected))
    return seconds


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR.read_text(), parser="lalr", maybe_placeholders=False)


def _tokens(tree: Tree[Token]) -> Tokens:
    return {token.type: token for token in tree.children if isinstance(token, Token)}


def _who(tokens: Tokens) -> Who:
    if "JOURNEY" in tokens:
        return Who("journey", tokens["JOURNEY"].partition(":")[2])
    if "METHOD" in tokens:
        return Who("endpoint", f"{tokens['METHOD']} {tokens['PATH']}")
    if "QUOTED" in tokens:
        return Who("endpoint", " ".join(tokens["QUOTED"].strip('"').split()))
    return Who("endpoint", str(tokens["NAME"])) if "NAME" in tokens else Who()


def _text(line: str, tree: Tree[Token]) -> str:
    """The line from its first word to its last: without the comment behind it."""
    words = list(_words(tree))
    return " ".join(line[words[0].start_pos : words[-1].end_pos].split())


def _words(tree: Tree[Token]) -> Iterator[Token]:
    for part in tree.children:
        yield from _words(part) if isinstance(part, Tree) else [part]


def _column(line: str, error: UnexpectedInput) -> int:
    """Where the wrong word begins, from 1; behind the last word when it ends too early."""
    at_end = isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END")
    return len(line.partition("#")[0].rstrip()) + 2 if at_end else error.column


def _expected(error: UnexpectedInput) -> str:
    if isinstance(error, UnexpectedCharacters):
        names = error.allowed or set()
    else:
        names = getattr(error, "accepts", None) or set(error.expected)  # type: ignore[attr-defined]
    words = list(dict.fromkeys(word for name, word in WORDS.items() if name in names))
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _message(line: str, where: str, column: int, expected: str) -> str:
    found = re.match(r"\S+", line[column - 1 :])
    said = f"found {found[0]!r}" if found else "found the end of the line"
    caret = " " * (column - 1) + "^" * len(found[0] if found else "^")
    return f"{where}: expected {expected}, {said}\n  {line.expandtabs(1).rstrip()}\n  {caret}"
