"""The page of what models cost: the period and kinds chosen, its charts, and the same as a file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext as _n
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from brokers.models import Broker, User
from crm.admin.dashboard import Card, Row
from crm.tenancy import Role, visible
from leads import exporting
from leads.stages import Source
from llm import costs
from llm.models import CallType, CostDay

LONGEST_DAYS = 366  # a column each


def _day(label: Any) -> forms.DateField:
    widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
    return forms.DateField(label=label, required=False, widget=widget)


def _one_of(label: Any, choices: Any) -> forms.ChoiceField:
    widget = UnfoldAdminSelectWidget
    return forms.ChoiceField(
        label=label, required=False, choices=[("", _("Todos")), *choices], widget=widget
    )


def _row_of(label: Any, queryset: Any) -> forms.ModelChoiceField:  # type: ignore[type-arg]
    return forms.ModelChoiceField(
        label=label,
        queryset=queryset,
        required=False,
        empty_label=_("Todos"),
        widget=UnfoldAdminSelectWidget,
    )


class ChoiceForm(forms.Form):
    """Which calls are counted; without days, those of the month so far."""

    since = _day(_("Desde"))
    until = _day(_("Hasta"))
    broker = _row_of(_("Corredora"), Broker.objects.none())
    agent = _row_of(_("Agente"), User.objects.none())
    source = _one_of(_("Origen"), Source.choices)
    call_type = _one_of(_("Tipo"), CallType.choices)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = visible(User, user).exclude(role=Role.SUPERADMIN)
        self.fields["agent"].queryset = team  # type: ignore[attr-defined]
        if user.broker_id is None:
            self.fields["broker"].queryset = Broker.objects.all()  # type: ignore[attr-defined]
        else:
            del self.fields["broker"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = costs.period(given.get("since"), given.get("until"), timezone.localdate())
        if not 0 <= (until - since).days < LONGEST_DAYS:
            raise forms.ValidationError(_("El período debe tener entre 1 y 366 días."))
        return {**given, "since": since, "until": until}

    def chosen(self) -> costs.Choice:
        if not self.is_valid():
            since, until = costs.period(None, None, timezone.localdate())
            return costs.Choice(since=since, until=until)
        return costs.Choice(**{name: value for name, value in self.cleaned_data.items() if value})


@dataclass(frozen=True)
class Column:
    """One column of a chart, in the chart's own units, written so that SVG can read them."""

    x: str
    y: str
    height: str
    tone: str


@dataclass(frozen=True)
class Bar:
    """The columns that stand at one place, and what is said of them."""

    label: str
    value: str
    columns: list[Column]
    x: str


@dataclass(frozen=True)
class Chart:
    """``width`` is in units of 10 a place; the height is 100."""

    title: str
    note: str
    bars: list[Bar]
    ticks: list[str]
    top: str

    @property
    def width(self) -> str:
        return str(10 * len(self.bars))


def context(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    form = ChoiceForm(request.GET or {}, user=user)
    choice = form.chosen()
    zone = ZoneInfo(timezone.get_current_timezone_name())
    report = costs.report(choice, user=user, zone=zone)
    return {
        "title": _("Costos de los modelos"),
        "form": form,
        "report": report,
        "figures": _figures(report),
        "days": _days_chart(report),
        "panels": [*_brokers(choice, user), *_panels(report)],
        "hours": _hour_charts(report.hours),
        "query": request.GET.urlencode(),
        "totalled_at": report.totalled_at,
    }


def usd(amount: Decimal | None) -> str:
    """Two figures that mean something, also of a call that costs a thousandth of a dollar."""
    if amount is None:
        return _t("sin precio")
    places = 2 if amount == 0 or amount >= 1 else 4
    return f"US$ {number_format(amount, places)}"


def _figures(report: costs.Report) -> list[Card]:
    total = report.total
    calls = _t("%(failed)s con error · %(fallbacks)s de respaldo") % {
        "failed": number_format(total.failed),
        "fallbacks": number_format(total.fallbacks),
    }
    return [
        Card(_t("Gasto"), usd(total.usd), _unpriced(total), icon="payments"),
        Card(_t("Consultas"), number_format(total.calls), calls, icon="forum"),
        *(_result(result, total) for result in report.results),
    ]


def _unpriced(spent: costs.Spent) -> str:
    if not spent.unpriced:
        return ""
    return _t("y %s sin precio") % number_format(spent.unpriced)


RESULTS = {
    "qualified": (_("Por lead calificado"), _("%s calificados"), "verified"),
    "visit": (_("Por visita realizada"), _("%s visitas"), "event_available"),
    "sale": (_("Por venta"), _("%s ventas"), "trophy"),
}


def _result(result: costs.Result, total: costs.Spent) -> Card:
    title, note, icon = RESULTS[result.kind]
    value = "–" if result.count == 0 else usd(result.usd)
    return Card(str(title), value, str(note) % number_format(result.count), icon=icon)


def _days_chart(report: costs.Report) -> Chart:
    every = _every_day(report.since, report.until)
    spent = [report.days.get(day, costs.NOTHING) for day in every]
    top = max((each.usd or Decimal(0) for each in spent), default=Decimal(0))
    bars = [
        Bar(
            date_format(day, "SHORT_DATE_FORMAT"),
            _line(each),
            _stack(place, [(_share(each.usd or 0, top), "good")]),
            str(10 * place),
        )
        for place, (day, each) in enumerate(zip(every, spent, strict=True))
    ]
    ends = [every[0], every[len(every) // 2], every[-1]] if len(every) > 2 else every
    ticks = [date_format(day, "j M") for day in ends]
    note = _t("Hasta %s en un día.") % usd(top)
    return Chart(_t("Gasto por día"), note, bars, ticks, usd(top))


def _every_day(since: date, until: date) -> list[date]:
    return [since + timedelta(days=number) for number in range((until - since).days + 1)]


def _line(spent: costs.Spent) -> str:
    calls = _n("%s consulta", "%s consultas", spent.calls) % number_format(spent.calls)
    extra = f" · {_unpriced(spent)}" if spent.unpriced and spent.usd is not None else ""
    return f"{usd(spent.usd)} · {calls}{extra}"


def _stack(place: int, parts: Iterable[tuple[float, str]]) -> list[Column]:
    """Parts of one column, each a percentage of the chart's height, from the ground up."""
    columns, ground = [], 100.0
    for share, tone in parts:
        ground -= share
        columns.append(Column(str(10 * place + 1), f"{ground:.1f}", f"{share:.1f}", tone))
    return columns


def _share(part: Any, whole: Any) -> float:
    return float(100 * part / whole) if whole else 0.0


def _hour_charts(hours: list[costs.Hour]) -> list[Chart]:
    """One for each model, over the 24 hours of the day; red is what failed."""
    models = groupby(hours, key=lambda hour: f"{hour.provider}:{hour.model}")
    return [_hour_chart(name, {hour.hour: hour for hour in those}) for name, those in models]


def _hour_chart(name: str, by_hour: dict[int, costs.Hour]) -> Chart:
    top = max(hour.calls for hour in by_hour.values())
    calls, failed, fallbacks = (
        sum(getattr(hour, count) for hour in by_hour.values())
        for count in ("calls", "failed", "fallbacks")
    )
    note = _t("%(calls)s consultas · %(failed)s con error · %(fallbacks)s de respaldo") % {
        "calls": number_format(calls),
        "failed": number_format(failed),
        "fallbacks": number_format(fallbacks),
    }
    bars = [_hour_bar(place, by_hour.get(place), top) for place in range(24)]
    return Chart(name, note, bars, ["0 h", "12 h", "23 h"], number_format(top))


def _hour_bar(place: int, hour: costs.Hour | None, top: int) -> Bar:
    if hour is None:
        return Bar(f"{place}:00", _t("sin consultas"), [], str(10 * place))
    good = hour.calls - hour.failed - min(hour.fallbacks, hour.calls - hour.failed)
    parts = [(hour.failed, "bad"), (hour.calls - hour.failed - good, "spare"), (good, "good")]
    text = _t("%(calls)s consultas · %(failed)s con error · %(fallbacks)s de respaldo") % vars(hour)
    columns = _stack(place, [(_share(count, top), tone) for count, tone in parts if count])
    return Bar(f"{place}:00", text, columns, str(10 * place))


def _brokers(choice: costs.Choice, user: Any) -> list[Card]:
    """For who sees several: whose they are."""
    if user.broker_id is not None:
        return []
    spent = costs.by_broker(choice, user=user).items()
    return [_panel(_t("Por corredora"), "apartment", spent)]


def _panels(report: costs.Report) -> list[Card]:
    kinds, sources = dict(CallType.choices), dict(Source.choices)
    nobody = _t("Sin agente o sin lead")
    tags, names = report.version_tags(), report.agent_names()
    return [
        _panel(
            _t("Por modelo"),
            "smart_toy",
            report.by(lambda key: f"{key[0]}:{key[1]}").items(),
        ),
        _panel(
            _t("Por tipo"),
            "category",
            ((str(kinds[kind]), each) for kind, each in report.by(lambda key: key[2]).items()),
        ),
        _panel(
            _t("Por versión del prompt"),
            "history_edu",
            (
                (tags.get(version or 0, _t("Sin versión")), each)
                for version, each in report.versions.items()
            ),
        ),
        _panel(
            _t("Por agente"),
            "person",
            ((names.get(agent or 0, nobody), each) for agent, each in report.agents.items()),
        ),
        _panel(
            _t("Por origen del lead"),
            "travel_explore",
            (
                (str(sources.get(source, _t("Sin lead"))), each)
                for source, each in report.sources.items()
            ),
        ),
    ]


def _panel(title: str, icon: str, spent: Iterable[tuple[str, costs.Spent]]) -> Card:
    each = list(spent)
    most = max((one.usd or Decimal(0) for _name, one in each), default=Decimal(0))
    rows = [
        Row(name, _short_line(one), share=round(_share(one.usd or 0, most))) for name, one in each
    ]
    return Card(title, rows=rows, icon=icon)


def _short_line(spent: costs.Spent) -> str:
    """What a row has room for; of what has no price, how much there was of it."""
    return (
        usd(spent.usd) if spent.usd is not None else f"{usd(None)} · {number_format(spent.calls)}"
    )


# --- The file ---------------------------------------------------------------------------------
TITLES = (
    _("Día"),
    _("Corredora"),
    _("Proveedor"),
    _("Modelo"),
    _("Tipo"),
    _("Versión del prompt"),
    _("Agente"),
    _("Origen"),
    _("Consultas"),
    _("Con error"),
    _("De respaldo"),
    _("Sin precio"),
    _("Tokens de entrada"),
    _("Tokens en caché"),
    _("Tokens de salida"),
    _("Costo (USD)"),
)


def as_file(request: HttpRequest) -> StreamingHttpResponse:
    """The daily totals that were chosen, as Spanish Excel opens them."""
    user: Any = request.user
    choice = ChoiceForm(request.GET or {}, user=user).chosen()
    rows = costs.detail(choice, user=user).select_related("broker").iterator(chunk_size=1000)
    lines = exporting.refused_file(_lines(rows, translation.get_language()))
    return exporting.csv_response(lines, f"costos-{choice.since}-{choice.until}.csv")


def _lines(rows: Iterator[CostDay], language: str | None) -> Iterator[list[str]]:
    """The request's language is over while its answer is still being sent."""
    with translation.override(language):
        head = [str(title) for title in TITLES]
    yield head
    for row in rows:
        with translation.override(language):
            cells = _cells(row)
        yield cells


def _cells(row: CostDay) -> list[str]:
    cost = row.estimated_cost_usd if row.estimated_cost_usd or not row.unpriced else None
    counts = (row.calls, row.failed, row.fallbacks, row.unpriced)
    tokens = (row.input_tokens, row.cached_tokens, row.output_tokens)
    return [
        row.day.isoformat(),
        row.broker.name,
        row.provider,
        row.model,
        row.get_call_type_display(),
        row.prompt_version.version_tag if row.prompt_version else "",
        row.agent.name if row.agent else "",
        row.get_source_display(),
        *map(str, (*counts, *tokens)),
        _t("sin precio") if cost is None else f"{cost:.8f}".replace(".", ","),
    ]
