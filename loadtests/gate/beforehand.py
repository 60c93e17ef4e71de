"""What is known before a load starts: which rules so short a run cannot pass."""

from collections.abc import Iterator

from loadtests.profiles import Profile
from reports.judge.comparison.recorded import BLOCK_S, FEWEST
from reports.judge.length import duration, length_needed
from reports.judge.rules import Rule


def too_short(rules: tuple[Rule, ...], profile: Profile, measured_s: float, *, recorded: bool) -> Iterator[str]:
    """Yield a sentence for each rule that cannot pass in ``measured_s``; ``recorded``: against recorded runs.

    Of one endpoint nobody knows beforehand how often it is asked, nor of what goes up and down when it counts.
    """
    for rule in rules:
        if rule.with_baseline:
            if recorded and measured_s < FEWEST * BLOCK_S:
                needed = f"needs {FEWEST} blocks of {BLOCK_S:g} s, {duration(FEWEST * BLOCK_S)}"
                yield f"{rule.text}: {needed}; this run measures {duration(measured_s)} only: it will be UNKNOWN"
            continue
        rate = _rate(rule, profile)
        if rate is None or rule.for_s is not None or rule.phase:
            continue
        length = length_needed(rule, rate)
        each_s = min(measured_s, rule.over_s or measured_s)
        if each_s < length.seconds:
            yield length.told(each_s)


def _rate(rule: Rule, profile: Profile) -> float | None:
    if profile.stages is not None or profile.curve is not None:
        return None
    if rule.who.kind == "everybody":
        return profile.rate
    journey = profile.journey(rule.who.name) if rule.who.kind == "journey" else None
    return None if journey is None else journey.rate
