"""Tells a whole game day that never happened: the same files, in the same shapes, as one that did.

Everything is arithmetic on a seed, so that a test can change one thing (a lost order, a dead generator, a missing sign)
and see exactly that in the verdict.
"""

import random
from dataclasses import dataclass, field, replace
from pathlib import Path

from reports.evidence import RunDirectory
from reports.objectives import load_objectives
from reports.testing import catalog, jobs, killing, traffic, writes
from reports.testing.catalog import Chapter, Moment

S = 1_000_000
SENTINEL = f"{writes.PREFIX}LS00001"
START_US = 1_795_000_000 * S  # 2026-11-18


@dataclass(frozen=True)
class Story:
    """What happens in the run. The defaults are a healthy game day that PASSes."""

    seed: int = 7
    rate: float = 40.0  # requests a second
    chapters: tuple[str, ...] = tuple(catalog.CHAPTERS)
    outage_s: dict[str, float] = field(default_factory=dict)  # of a chapter, instead of its own
    kind: str = "order"  # of the writes that the next three are about
    lost: int = 0  # acknowledged orders that are nowhere
    duplicated: int = 0  # orders that are on the primary (and after it) twice
    undelivered: int = 0  # orders that never reach the warehouse
    without_sign: str | None = None  # "api" or "data": no such sign in any chapter
    load_dies_in: str | None = None  # a chapter in whose fault the generator is killed
    killed_in: str | None = None  # a chapter in whose fault everything is killed: nothing was written after it
    orphans: int = 0  # jobs held by an instance that is gone
    undo_open_in: str | None = None  # a chapter whose undo is never read back
    sealed: bool = False
    start_us: int = START_US


def tell(path: Path, story: Story | None = None) -> RunDirectory:
    """Write the run of a story into a new directory and return it."""
    story = story or Story()
    rng = random.Random(story.seed)
    chapters = [replace(c, outage_s=story.outage_s.get(c.name, c.outage_s)) for c in catalog.of(story.chapters)]
    moments = catalog.moments(chapters, story.start_us)
    run = RunDirectory.create(path, name="default", kind="gameday", facts=_facts(story, chapters))
    died_in = story.load_dies_in or story.killed_in
    died_us = next((m.called_us + 2 * S for m in moments if m.called_us and m.chapter.name == died_in), None)
    end_us = moments[-1].to_us + 2 * S
    made = traffic.write(run, rng, moments, until_us=died_us or end_us, rate=story.rate, start_us=story.start_us)
    ledger = [*writes.write_ledger(run, rng, made), writes.write_sentinel(run, SENTINEL, end_us + S)]
    _write_events(run, story, moments, died_us=died_us, end_us=end_us)
    wrong = {"lost": story.lost, "duplicated": story.duplicated, "undelivered": story.undelivered}
    writes.write_landed(run, rng, ledger, kind=story.kind, **wrong)
    run.write_jobs(jobs.table(story.start_us, end_us, orphans=story.orphans))
    if story.killed_in and died_us is not None:
        killing.kill(run, died_us)
        return run
    run.compact_samples()
    if story.sealed:
        run.seal()
    return run


def _facts(story: Story, chapters: list[Chapter]) -> dict[str, object]:
    names = list(dict.fromkeys(name for chapter in chapters for name in chapter.promises))
    return {
        "started_us": story.start_us,
        "gameday": "default",
        "title": "Everything in the catalogue, once",
        "target": {"name": "local", "kind": "local", "region_name": "eu-central-1", "web": "https://www.oms.test:8443"},
        "profile": "smoke",
        "seed": story.seed,
        "prefix": writes.PREFIX,
        "experiments": [
            {"name": c.name, "title": c.title, "fault": c.fault, "promises": list(c.promises)} for c in chapters
        ],
        "promises": names,
        "objectives": load_objectives().to_facts(),
        "jobs": {"lease_s": 6, "grace_s": 4},
        "versions": {"python": "3.13", "oms-chaos-suite": "2026.11.0", "locust": "2.47.0", "chaostoolkit": "1.21.4"},
        "git_commit": "0" * 40,
    }


def _write_events(run: RunDirectory, story: Story, moments: list[Moment], *, died_us: int | None, end_us: int) -> None:
    load = run.events("load-w0")
    load.record("load.worker.started", subject="w0", at_us=story.start_us)
    if died_us is None:
        load.record("load.worker.stopped", subject="w0", data={"reason": "quitting"}, at_us=end_us)
    load.close()
    day = run.events("gameday")
    day.record("run.started", at_us=story.start_us - 2 * S)
    day.record("load.started", data={"pid": 4711, "profile": "smoke", "seed": story.seed}, at_us=story.start_us - S)
    for moment in moments:
        catalog.write_events(run, day, moment, without_sign=story.without_sign, undo_open=story.undo_open_in)
    if died_us is None:
        day.record("load.stopped", subject="planned", data={"reason": "planned"}, at_us=end_us)
    day.record("phase.started", subject="settle", at_us=end_us)
    for sink in ("primary", "replica", "warehouse"):
        done = {"sink": sink, "reached": True, "complete_to_us": end_us + 9 * S, "deadline_us": end_us + 60 * S}
        day.record("barrier", subject=sink, data=done, at_us=end_us + 9 * S)
    seen = {
        "sink": "replica",
        "key": SENTINEL,
        "written_us": end_us + S,
        "seen_us": end_us + S + S // 4,
    }
    day.record("sentinel", subject="replica", data={**seen, "deadline_s": 60}, at_us=end_us + 2 * S)
    day.record("phase.finished", subject="settle", at_us=end_us + 10 * S)
    day.record("phase.started", subject="read-back", at_us=end_us + 40 * S)
    day.record("ledger.opened", data={"writer": "sentinel"}, at_us=end_us + S)
    rows = len(jobs.table(story.start_us, end_us, orphans=story.orphans))
    live = {"when": "after", "live_instances": list(jobs.LIVE), "file": "jobs.parquet", "rows": rows}
    day.record("jobs.snapshot", data=live, at_us=end_us + 41 * S)
    day.record("phase.finished", subject="read-back", at_us=end_us + 42 * S)
    day.close()
