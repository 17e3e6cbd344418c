"""The dated figures that orientation rests on, as they apply to a brokerage, and which are too old."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q

from brokers.models import Broker
from knowledge.models import Figure, FigureKind

# For how long a value may be leaned on. UF and UTM move every month with the prices, rates with the
# market; the State's programmes and the banks' habits are looked at once a year.
LASTS = {
    FigureKind.UF: timedelta(days=31),
    FigureKind.UTM: timedelta(days=31),
    FigureKind.RATE: timedelta(days=90),
}
_YEAR = timedelta(days=365)
SUBSIDIES = (FigureKind.DS1_1, FigureKind.DS1_2, FigureKind.DS1_3, FigureKind.DS19)


@dataclass(frozen=True)
class Table:
    """The rows that apply to one brokerage, by kind."""

    rows: Mapping[str, Figure]

    def __getitem__(self, kind: FigureKind) -> Figure:
        return self.rows[kind]

    def low(self, kind: FigureKind) -> Decimal:
        return self.rows[kind].low

    def high(self, kind: FigureKind) -> Decimal:
        """The upper end; of a single value, that value."""
        row = self.rows[kind]
        return row.low if row.high is None else row.high

    def has(self, *kinds: FigureKind) -> bool:
        return all(kind in self.rows for kind in kinds)

    @property
    def uf(self) -> float | None:
        """Pesos for one UF."""
        row = self.rows.get(FigureKind.UF)
        return float(row.low) if row and row.low else None


def of(broker: Broker) -> Table:
    """A brokerage's own rows, and the installation's where it has none."""
    rows = Figure.objects.filter(Q(broker=broker) | Q(broker__isnull=True))
    found: dict[str, Figure] = {}
    for row in rows:
        if row.broker_id is not None or row.kind not in found:
            found[row.kind] = row
    return Table(found)


def is_stale(figure: Figure, *, on: date) -> bool:
    return on - figure.as_of > LASTS.get(FigureKind(figure.kind), _YEAR)
