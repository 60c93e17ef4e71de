"""replica_caught_up: the replica shows a row that was written after the last undo; no metric decides. Pure."""

from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers

NAME = "replica_caught_up"


def replica_caught_up(case: Case) -> Promise:
    """Judge the last sentinel row of the replica."""
    objective = case.objectives.find("lag_s")
    sentinels = [event for event in case.of_kind("sentinel") if event.data.get("sink") == "replica"]
    if not sentinels:
        return _unknown("no sentinel row was looked for on the replica")
    last = sentinels[-1]
    written, seen = last.data.get("written_us"), last.data.get("seen_us")
    if written is None:
        return _unknown(f"no sentinel row could be written: {last.data.get('reason') or 'no reason given'}")
    if written < last_undo_us(case):
        return _unknown("the last sentinel row was written before the last undo")
    lag_s = ((seen if seen is not None else last.at_us) - written) / 1e6
    if seen is not None:
        said = f"the row written after the last undo was there {lag_s:.1f} s later; objective {objective.value:g} s"
        counted = numbers(lag_s, "s", base=1, objective=objective)
        return Promise(NAME, Status.FAIL if lag_s > objective.value else Status.PASS, said, None, "replica", counted)
    unreadable = last.data.get("error") or last.data.get("readable") is False or case.landed.get("replica") is None
    if unreadable or lag_s <= objective.value:
        reason = (
            last.data.get("error")
            or last.data.get("reason")
            or ("" if unreadable else f"looked for {lag_s:.0f} s only")
        )
        return _unknown(f"whether the row is on the replica is not known{f': {reason}' if reason else ''}")
    said = f"the row written after the last undo was not there {lag_s:.0f} s later; objective {objective.value:g} s"
    return Promise(NAME, Status.FAIL, said, None, "replica", numbers(None, "s", base=1, objective=objective))


def last_undo_us(case: Case) -> int:
    """Return when the last way back was taken, 0 when none was."""
    return max((int(s.get("at_us", 0)) for one in case.undo for s in one.steps if s.get("t") == "undone"), default=0)


def _unknown(because: str) -> Promise:
    return Promise(NAME, Status.UNKNOWN, because, None, "replica")
