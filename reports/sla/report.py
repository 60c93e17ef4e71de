"""The report as data: what the page and the files are made of."""

from dataclasses import dataclass

import pandas as pd

from reports.commitments import Commitments
from reports.judge import Word
from reports.sla.gathering import Gathered
from reports.sla.period import Period
from reports.sla.statement import Statement
from reports.sla.writes import SinkTotals, WritesStatement


@dataclass(frozen=True)
class Report:
    """Everything that was found; ``incidents`` has the columns of ``incidents.incidents``, runs by name."""

    period: Period
    promised: Commitments
    gathered: Gathered
    verdict: Word
    statements: tuple[Statement | WritesStatement, ...]
    sinks: tuple[SinkTotals, ...]
    incidents: pd.DataFrame
    coverage: float  # of the period's seconds, by any request
    seconds: int

    @property
    def ratios(self) -> tuple[Statement, ...]:
        """The commitments about requests."""
        return tuple(one for one in self.statements if isinstance(one, Statement))
