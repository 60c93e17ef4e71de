"""The rule language: what a line means, and where the caret stands when it means nothing."""

from pathlib import Path

import pytest

from loadtests.gate.parsing import DEFAULT_RULES, RulesError, parse_rules, read_rules
from reports.judge.rules import Rule, Who

STOCK = "POST /api/checkInventory"


def parse(line: str) -> Rule:
    (rule,) = parse_rules(line, name="my.rules")
    return rule


@pytest.mark.parametrize(
    ("line", "measure", "who", "bound", "inclusive"),
    [
        ("p95 of * < 800ms", "p95", Who(), 0.8, False),
        ("  p50 of *<=1s", "p50", Who(), 1, True),
        ("p99.9 of checkInventory < 1.5 s  # as agreed", "p99.9", Who("endpoint", "checkInventory"), 1.5, False),
        (f"p99 of {STOCK} < 2s", "p99", Who("endpoint", STOCK), 2, False),
        (f'p90 of "{STOCK}" < 2s', "p90", Who("endpoint", STOCK), 2, False),
        ("max of GET /api/orders/{orderId} <= 9s", "max", Who("endpoint", "GET /api/orders/{orderId}"), 9, True),
        ("mean of journey:intake < 20 ms", "mean", Who("journey", "intake"), 0.02, False),
        ("errors of * < 0.1%", "errors", Who(), 0.001, False),
        ("errors of journey:pos <= 0 %", "errors", Who("journey", "pos"), 0, True),
        ("errors of * < 100%", "errors", Who(), 1, False),
        ("rate > 0/s", "rate", Who(), 0, False),
        ("rate >= 50/s", "rate", Who(), 50, True),
        ("rate of storeLookup > 7.5 / s", "rate", Who("endpoint", "storeLookup"), 7.5, False),
    ],
)
def test_a_good_line(line: str, measure: str, who: Who, bound: float, inclusive: bool) -> None:
    rule = parse(line)
    assert (rule.measure, rule.who, rule.inclusive) == (measure, who, inclusive)
    assert rule.bound == pytest.approx(bound)
    assert rule.origin == "my.rules, line 1"


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("p95 of orders < 800ms over 5m", {"over_s": 300}),
        ("errors of * < 0.1% for 30s, stop", {"for_s": 30, "stops": True}),
        ("p95 of * < 1s in warm-up", {"phase": "warm-up"}),
        ("rate > 5/s in measured over 1m", {"phase": "measured", "over_s": 60}),
        ("rate > 5/s over 1m , stop", {"over_s": 60, "stops": True}),
        ("outage of * < 4s, stop", {"measure": "outage", "stops": True}),
        ("outage of * < 4s over 5m, stop", {"over_s": 300, "stops": True}),
        ("p99 of checkInventory not worse than baseline by 10%", {"with_baseline": True, "bound": 0.1}),
        ("outage of journey:intake <= 4s", {"measure": "outage", "bound": 4}),
        ("outage of * <= objective budget_outage_s over 10m", {"objective": "budget_outage_s", "over_s": 600}),
        ("p95 of * < objective load_p95_s", {"objective": "load_p95_s", "bound": 0.8}),
        ("errors of * < objective load_errors_ratio", {"objective": "load_errors_ratio", "bound": 0.001}),
    ],
)
def test_when_a_rule_counts_and_what_its_bound_is(line: str, more: dict[str, object]) -> None:
    rule = parse(line)
    told = {"over_s": None, "for_s": None, "stops": False, "phase": "", "objective": "", "with_baseline": False}
    assert {name: getattr(rule, name) for name in told | more} == told | more
    assert rule.text == " ".join(line.split())


@pytest.mark.parametrize(
    ("line", "column", "word", "expected"),
    [
        ("p96 of * < 1s", 1, "p96", "p50, p90, p95, p99, p99.9, mean or max, errors, outage or rate"),
        ("p95 * < 1s", 5, "*", "expected of"),
        ("p95 off * < 1s", 5, "off", "expected of"),
        ("p95 of < 1s", 8, "<", "expected *, journey:NAME or an endpoint"),
        ("p95 of journey: < 1s", 8, "journey:", "expected *, journey:NAME or an endpoint"),
        ("p95 of POST < 1s", 13, "<", "expected a path"),
        ("p95 of * > 1s", 10, ">", "expected <, <= or not worse than baseline"),
        ("p95 of * < fast", 12, "fast", "expected a number"),
        ("p95 of * < 800 parsecs", 16, "parsecs", "expected a unit of time (ms or s)"),
        ("p95 of * < 800msx", 15, "msx", "expected a unit of time (ms or s)"),
        ("p95 of * < 800", 16, None, "expected a unit of time (ms or s)"),
        ("p95 of * < 800  # ms", 16, None, "expected a unit of time (ms or s)"),
        ("p95 of * < 5%", 13, "%", "expected a unit of time (ms or s)"),
        ("errors of * < 5ms", 16, "ms", "expected %"),
        ("errors < 5%", 8, "<", "expected of"),
        ("errors of * < 0%", 15, "0%", "expected a number over 0"),
        ("errors of * < 200%", 15, "200%", "expected a number up to 100"),
        ("errors of * <= 100 %", 16, "100", "expected a number under 100"),
        ("errors of * <= 100.5%", 16, "100.5%", "expected a number under 100"),
        ("rate of * >= 0/s", 14, "0/s", "expected a number over 0"),
        ("rate < 5/s", 6, "<", "expected of, > or >="),
        ("rate >= 5/m", 10, "/m", "expected /s"),
        ("\tp95 of * < 1s under 5m", 16, "under", "expected in PHASE, over, for or the end of the line"),
        ("p95 of * < 1s over 5ms", 21, "ms", "expected a unit of time (s, m or h)"),
        ("p95 of * < 1s over 0s", 20, "0s", "expected whole seconds, at least one"),
        ("p95 of * < 1s for 1.5s", 19, "1.5s", "expected whole seconds"),
        ("p95 of * < 1s over 5h", 20, "5h", "up to 4 h"),
        ("p95 of * < 1s, stop", 14, ",", "expected in PHASE, over, for or the end of the line"),
        ("p95 of * < 1s for 30s stop", 23, "stop", "expected a comma or the end of the line"),
        ("p95 of * < 1s for 30s, halt", 24, "halt", "expected stop"),
        ("p95 of * < 1s for 30s over 5m", 23, "over", "expected a comma or the end of the line"),
        ("p95 of * < 1s in warm-up over 5s, stop", 33, ",", "expected the end of the line"),
        ("p95 of * < 1s in", 18, None, "expected the name of a phase"),
        ("outage of * < 4s for 30s", 18, "for", "expected in PHASE, over, a comma or the end of the line"),
        ("p95 of * not worse by 10%", 20, "by", "expected than"),
        ("p95 of * not worse than base by 10%", 25, "base", "expected baseline"),
        ("p95 of * not worse than baseline", 34, None, "expected by"),
        ("p95 of * not worse than baseline by 10", 40, None, "expected %"),
        ("p95 of * not worse than baseline by 0%", 37, "0%", "expected a number over 0"),
        ("p95 of * not worse than baseline by 10% over 5m", 41, "over", "expected the end of the line"),
        ("max of * not worse than baseline by 10%", 1, "max", "expected p50, p90, p95, p99, p99.9, since"),
        ("errors of * not worse than baseline by 10%", 13, "not", "expected < or <="),
        ("p95 of * < objective rto", 22, "rto", "whose name ends with _s"),
        ("errors of * < objective good_ratio", 25, "good_ratio", "whose name ends with _errors_ratio"),
        ("outage of * <= objective nope_s", 26, "nope_s", "expected the name of an objective of reports/objectives"),
        ("rate", 6, None, "expected of, > or >="),
    ],
)
def test_a_bad_line_has_a_caret_under_the_wrong_word(line: str, column: int, word: str | None, expected: str) -> None:
    """One message: file, line, what was expected and found, the line itself, the caret."""
    with pytest.raises(RulesError) as caught:
        parse_rules(f"# a comment\n\n{line}\n", name="my.rules")
    said, shown, caret = str(caught.value).splitlines()
    assert said.startswith("my.rules, line 3: ")
    assert expected in said
    assert said.endswith(f"found {word!r}" if word else "found the end of the line")
    assert shown == f"  {line.expandtabs(1)}"
    assert caret == " " * (column + 1) + "^" * len(word or "^")


def test_a_bound_is_the_number_that_was_written() -> None:
    """0.7 * 0.01 is a little less than 0.007 to a computer, and 7 errors in 1,000 would break a rule that they keep."""
    assert parse("errors of * <= 0.7%").keeps(7 / 1000)
    assert parse("max of * <= 1.001s").keeps(1_001_000 / 1e6)


@pytest.mark.parametrize("text", ["", "\n  \n", "# p95 of * < 1s\n"])
def test_a_file_without_a_rule_is_refused(text: str) -> None:
    """It could only pass."""
    with pytest.raises(RulesError, match="expected at least one rule, found none"):
        parse_rules(text, name="my.rules")


def test_the_text_of_a_rule_is_its_words_without_the_comment() -> None:
    """It is the promise's name."""
    assert parse("  p95  of *   < 800ms   # because").text == "p95 of * < 800ms"


def test_the_first_mistake_of_a_file_is_the_one_that_is_said() -> None:
    with pytest.raises(RulesError, match="line 2"):
        parse_rules("p95 of * < 1s\np95 of * < 1\np95\n", name="my.rules")


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="cannot be read"):
        read_rules(tmp_path / "none.rules")


def test_the_rules_as_shipped_are_rules_and_say_where_their_numbers_come_from() -> None:
    rules = read_rules(DEFAULT_RULES)
    assert {rule.measure for rule in rules} >= {"p95", "errors"}
    lines = DEFAULT_RULES.read_text().splitlines()
    assert all("  # " in line for line in lines if line and not line.startswith("#"))
