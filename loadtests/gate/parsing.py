"""Rule files: from text to rules, and from a mistake to one message with a caret under the wrong word."""

import re
from decimal import Decimal
from functools import cache
from pathlib import Path

from lark import Lark, Token, Tree, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from reports.judge.rules import Rule, Who

GRAMMAR = Path(__file__).with_name("rules.lark")
DEFAULT_RULES = Path(__file__).parents[1] / "rules" / "default.rules"
SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1)}

# How a person calls what the grammar expects.
WORDS = {
    "STATISTIC": "p50, p90, p95, p99, p99.9, mean or max",
    "ERRORS": "errors",
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
    "NUMBER": "a number",
    "TIME_UNIT": "a unit of time (ms or s)",
    "PERCENT": "%",
    "PER_SECOND": "/s",
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
    """Return the rules of a file's text, one a line. Raises RulesError for the first mistake, or for no rule at all."""
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
    tokens = {token.type: token for token in tree.children if isinstance(token, Token)}
    number = tokens["NUMBER"]
    bound = float(Decimal(number) * _scale(tokens))  # 7 errors in 1,000 keep "<= 0.7%", which 0.7 * 0.01 does not
    inclusive = "AT_MOST" in tokens or "AT_LEAST" in tokens
    senseless = _senseless(tokens, bound)
    if senseless:
        raise RulesError(_message(line, where, number.column or 1, senseless))
    return Rule(_text(line, tree), str(tree.children[0]), _who(tokens), bound, inclusive, where)


def _senseless(tokens: dict[str, Token], bound: float) -> str | None:
    """Return what is expected in the place of a bound that can only fail, or only pass; None for any other."""
    if bound == 0 and "LESS" in tokens:
        return "a number over 0, since nothing is below it"
    if bound == 0 and "AT_LEAST" in tokens:
        return "a number over 0, since no rate is below it"
    if "PERCENT" in tokens and bound >= 1 and "AT_MOST" in tokens:
        return "a number under 100, since no more than all can be errors"
    if "PERCENT" in tokens and bound > 1:
        return "a number up to 100, since no more than all can be errors"
    return None


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR.read_text(), parser="lalr")


def _scale(tokens: dict[str, Token]) -> Decimal:
    if "PERCENT" in tokens:
        return Decimal("0.01")
    return SECONDS[tokens["TIME_UNIT"]] if "TIME_UNIT" in tokens else Decimal(1)


def _who(tokens: dict[str, Token]) -> Who:
    if "JOURNEY" in tokens:
        return Who("journey", tokens["JOURNEY"].partition(":")[2])
    if "METHOD" in tokens:
        return Who("endpoint", f"{tokens['METHOD']} {tokens['PATH']}")
    if "QUOTED" in tokens:
        return Who("endpoint", " ".join(tokens["QUOTED"].strip('"').split()))
    return Who("endpoint", str(tokens["NAME"])) if "NAME" in tokens else Who()


def _text(line: str, tree: Tree[Token]) -> str:
    """The line from its first word to its last: without the comment behind it."""
    words = [token for token in tree.children if isinstance(token, Token)]
    return " ".join(line[words[0].start_pos : words[-1].end_pos].split())


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
