"""A Chaos Toolkit control: the timeline learns what each probe of the hypothesis said, before and after the method.

Chaos Toolkit swallows what a control raises, so nothing here keeps anybody safe: it only writes down.
"""

import logging
from typing import Any

from experiments import recording
from experiments.probes.steady import PROBES, Reading
from experiments.safety import undo

logger = logging.getLogger("chaostoolkit")

_hypotheses = 0


def configure_control(experiment: dict[str, Any]) -> None:
    """Name the experiment and open its run before anything else happens."""
    from experiments.catalog import name_of

    recording.name_experiment(name_of(experiment))
    recording.current_run()


def before_hypothesis_control(context: dict[str, Any], **_: Any) -> None:
    """The first hypothesis of a process is the one before the method, the second the one after it."""
    global _hypotheses
    _hypotheses += 1


def after_activity_control(context: dict[str, Any], state: dict[str, Any] | None = None, **_: Any) -> None:
    """Write down the value of a steady-state probe."""
    name = context.get("name", "")
    if name not in PROBES or not state:
        return
    reading = Reading(name, state.get("output"), PROBES[name][1])
    data = {"when": "before" if _hypotheses <= 1 else "after", **reading.data()}
    recording.current_events().record("steady_state", data=data, experiment=recording.current_experiment())


def after_experiment_control(context: dict[str, Any], **_: Any) -> None:
    """Say where the evidence is, and what is left to be undone."""
    run = recording.current_run()
    if undo.is_clean(run):
        logger.info("Everything undone and read back. Evidence: %s", run.path)
    else:
        logger.error("NOT everything is undone: run `gameday heal %s`", run.path)
