"""Wait until the system is well again, and write down what the load balancer says of its targets meanwhile."""

from typing import Any

from experiments.probes import fleet, steady
from experiments.probes.watching import Watch
from experiments.recording import current_experiment, current_signals, current_target, current_timing


def until_steady(within_s: float | None = None, configuration: Any = None, secrets: Any = None) -> dict[str, Any]:
    """Wait until every probe of the steady state holds, for the game day's ``settled_s``; return their last values.

    It is no failure of this action when they do not within ``within_s`` seconds (the game day's ``steady_s`` unless
    told): the hypothesis after it says so.
    """
    target = current_target()
    watch = Watch(current_signals(), subject=target.names.target_group, experiment=current_experiment())

    def look() -> None:
        watch.see("target_health", lambda: {s.id: _said(s) for s in fleet.target_states(target)})
        watch.see("sync_instances", lambda: {i.id: i.lifecycle for i in fleet.group(target, "sync").instances})
        watch.see("async_instances", lambda: {i.id: i.lifecycle for i in fleet.group(target, "async").instances})

    timing = current_timing()
    within_s = within_s or timing.steady_s
    readings = steady.wait_until_steady(target, within_s=within_s, settled_s=timing.settled_s, on_look=look)
    return {reading.probe: reading.value for reading in readings}


def _said(state: fleet.TargetState) -> str:
    return f"{state.state} ({state.reason})" if state.reason else state.state
