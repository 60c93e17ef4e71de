"""``loadgate purge``: the command."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from loadtests.gate.stopping import Stop
from loadtests.options import UsageError
from loadtests.purge.desk import Desk, Listed, NotListedError
from loadtests.purge.purging import Purged, Record, can_be_cancelled, cancel_all
from loadtests.purge.scope import Scope, require_writes, scope_of

SHOWN = 20  # orders that are listed one by one; --json has all
ABORTED = 4
STEP = 500  # without a terminal: a line after so many orders


def purge(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run directory, or latest.")] = None,
    prefix: Annotated[str | None, typer.Option(metavar="P", help="All orders whose external id begins so.")] = None,
    target: Annotated[str | None, typer.Option(metavar="NAME", help="A file of fixtures/targets.")] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel them, after a question.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many orders.")] = 20_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print orders and outcome as JSON.")] = False,
) -> None:
    """List the synthetic orders that a run left behind; --cancel cancels them. Touches no order without its prefix."""
    scope = scope_of(run, prefix, target)
    if cancel:
        require_writes(scope)
    desk = Desk(scope.target)
    try:
        code = _purge(scope, desk, limit=limit, cancel=cancel, yes=yes, as_json=as_json)
    except NotListedError as error:
        typer.echo(f"loadgate: {error}", err=True)
        code = error.exit_code
    finally:
        desk.close()
    raise typer.Exit(code)


def _purge(scope: Scope, desk: Desk, *, limit: int, cancel: bool, yes: bool, as_json: bool) -> int:
    listed = desk.orders(scope.prefix, limit=limit)
    chosen = can_be_cancelled(listed.orders)
    facts = _facts(scope, listed, open_=len(chosen))
    if not cancel or not chosen:
        _tell(facts, listed, as_json=as_json)
        return 0
    _ask_unless(yes, len(chosen), scope)
    stop = Stop()
    with stop.listening(), Record(scope.run) as record, _progress(len(chosen)) as tell:
        record.write("purge.started", **{k: v for k, v in facts.items() if k != "orders"})
        purged = cancel_all(desk, chosen, record, stop, tell)
        ending: dict[str, Any] = {"outcomes": dict(purged.outcomes), "stopped": purged.stopped}
        ending |= {"first_no": purged.first_no}
        record.write("purge.finished", **ending)
    typer.echo(json.dumps(facts | ending, indent=2) if as_json else _line(scope, purged, listed, len(chosen)))
    return purged.exit_code


def _facts(scope: Scope, listed: Listed, *, open_: int) -> dict[str, Any]:
    return {
        "target": scope.target.name,
        "front_door": scope.target.web.base_url,
        "prefix": scope.prefix,
        "by_status": dict(Counter(order.status_id for order in listed.orders)),
        "can_be_cancelled": open_,
        "more": listed.more,
        "orders": [
            {"order_id": one.order_id, "external_id": one.external_id, "status_id": one.status_id}
            for one in listed.orders
        ],
    }


def _tell(facts: dict[str, Any], listed: Listed, *, as_json: bool) -> None:
    """Print what there is; nothing was changed."""
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    for order in listed.orders[:SHOWN]:
        typer.echo(f"{order.order_id}  {order.external_id}  {order.status_id}")
    if len(listed.orders) > SHOWN:
        typer.echo(f"... and {len(listed.orders) - SHOWN} more (--json prints all)")
    by_status = ", ".join(f"{status} {count}" for status, count in sorted(facts["by_status"].items())) or "none"
    more = " and more than --limit" if listed.more else ""
    where = f"{facts['target']} ({facts['front_door']})"
    typer.echo(
        f"{len(listed.orders)} orders of {facts['prefix']}{more} on {where}: {by_status}; "
        f"{facts['can_be_cancelled']} can be cancelled{': add --cancel' if facts['can_be_cancelled'] else ''}"
    )


def _ask_unless(yes: bool, count: int, scope: Scope) -> None:
    """Ask a person; where there is none, only --yes will do."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("--cancel: expected --yes where nobody can be asked")
    where = f"{scope.target.name} ({scope.target.web.base_url})"
    if not typer.confirm(f"Cancel {count} orders of {scope.prefix} on {where}?", err=True):
        typer.echo("nothing was cancelled")
        raise typer.Exit(ABORTED)


@contextmanager
def _progress(count: int) -> Iterator[Callable[[int], None]]:
    """Show how far it is: a bar on a terminal, else a line now and then."""
    console = Console(stderr=True)
    if console.is_terminal:
        with Progress(console=console, transient=True) as shown:
            task = shown.add_task("cancelling", total=count)
            yield lambda done: shown.update(task, completed=done)
        return

    def tell(done: int) -> None:
        if done % STEP == 0:
            console.print(f"{done} of {count} asked", highlight=False)

    yield tell


def _line(scope: Scope, purged: Purged, listed: Listed, count: int) -> str:
    """One line of what was done, and what was not."""
    done = sum(purged.outcomes.values())
    said = f"{purged.outcomes['cancelled']} of {count} orders of {scope.prefix} cancelled"
    for outcome in ("refused", "unknown"):
        if purged.outcomes[outcome]:
            said += f", {purged.outcomes[outcome]} {outcome}"
    if purged.first_no:
        said += f", the first: {purged.first_no}"
    if purged.stopped:
        said += f"; stopped after {done}: {purged.stopped}"
    if listed.more:
        said += "; there are more than --limit: run it again"
    return said
