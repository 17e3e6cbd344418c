"""The demo's calls: what was said, what it told about the lead, and what that changed."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from brokers.models import CallerIdClass, VoiceProvider
from crm.demo import Context
from leads import scoring
from leads.activity import log
from leads.enums import Actor
from leads.facts import Facts, Timeline, record
from voice.models import (
    CallPurpose,
    CallStatus,
    CallTranscript,
    Disposition,
    Speaker,
    VoiceCall,
)

USD_PER_MINUTE = Decimal("0.09")
SECONDS_PER_LETTER = 0.062


@dataclass(frozen=True)
class Call:
    key: str
    day: int
    purpose: str
    disposition: str
    summary: str
    said: tuple[str, ...]
    facts: Facts | None = None


# Lines alternate, the assistant first.
CALLS = (
    Call(
        "sebastian",
        -1,
        CallPurpose.QUALIFICATION,
        Disposition.INTERESTED,
        "Confirmó que no tiene deudas en DICOM y que quiere comprar dentro de tres meses. Pidió la "
        "simulación del crédito por Telegram.",
        (
            "Hola Sebastián, le habla Sofía, la asistente virtual de Andes Propiedades. ¿Tiene un minuto?",
            "Sí, dígame, voy en el metro pero la escucho.",
            "Gracias. Nos contó que busca en Ñuñoa hasta tres mil UF. Para orientarlo con el crédito, ¿tiene "
            "alguna deuda informada en DICOM?",
            "No, ninguna. Lo revisé la semana pasada.",
            "Perfecto. ¿Y para cuándo le gustaría comprar?",
            "En unos tres meses, cuando se me termina el contrato de arriendo.",
            "Muy bien. Un ejecutivo le enviará una simulación; la decisión final siempre es del banco.",
            "Ya, mándemela por Telegram no más. Gracias.",
        ),
        Facts(dicom="clean", timeline=Timeline(horizon="within_90_days", text="en unos tres meses")),
    ),
    Call(
        "bastian",
        -1,
        CallPurpose.FOLLOW_UP,
        Disposition.CALL_BACK,
        "Le gustó la casa de El Abrazo, pero quiere verla otra vez con su señora. Pidió que lo llamen "
        "el viernes por la tarde.",
        (
            "Hola Bastián, le habla la asistente virtual de Andes Propiedades por su visita a El Abrazo.",
            "Ah, hola. Mire, justo estoy en una reunión.",
            "Entiendo, seré breve. ¿Qué le pareció la casa?",
            "Me gustó, pero quiero que la vea mi señora antes de decidir algo.",
            "Por supuesto. ¿Prefiere que lo llamemos otro día para coordinar?",
            "Sí, el viernes en la tarde mejor.",
            "Queda anotado para el viernes en la tarde. Que le vaya muy bien.",
        ),
    ),
    Call(
        "catalina",
        -1,
        CallPurpose.FOLLOW_UP,
        Disposition.INTERESTED,
        "Confirmó interés en Plaza Ñuñoa y que quiere cambiarse este mes. Pidió las fotos de la terraza.",
        (
            "Hola Catalina, le habla Sofía, la asistente virtual de Andes Propiedades. ¿Puede hablar?",
            "Hola, sí, cuénteme.",
            "Quería saber si pudo ver el aviso del departamento de Plaza Ñuñoa que le envié.",
            "Sí, me encantó la terraza. ¿Me pueden mandar más fotos?",
            "Claro que sí. ¿Para cuándo sería el cambio?",
            "Este mes ojalá, tengo que entregar donde estoy.",
            "Perfecto, Ana le enviará las fotos y le propondrá una hora para visitarlo.",
            "Buenísimo, quedo atenta.",
        ),
        Facts(timeline=Timeline(horizon="now", text="este mes ojalá")),
    ),
)  # fmt: skip


def seed(context: Context) -> None:
    for number, call in enumerate(CALLS):
        moment = context.on(context.workday(call.day), time(16, 10 + 12 * number))
        context.plan(moment, _calling(context, call))


def _calling(context: Context, call: Call) -> Any:
    def happen(at: datetime) -> None:
        lead = context.leads[call.key]
        timed = _timed(call.said)
        duration = int(timed[-1][1]) + 4
        ended = at + timedelta(seconds=duration)
        lead.refresh_from_db()
        before = scoring.rescore(lead, at=ended).total
        if call.facts:
            record(lead, call.facts, source="lead", at=ended)
        made = VoiceCall.objects.create(
            broker=context.broker,
            lead=lead,
            provider=VoiceProvider.SIMULATED,
            external_call_id=f"demo-{call.key}",
            intent_key=f"demo:{call.key}",
            status=CallStatus.COMPLETED,
            disposition=call.disposition,
            call_purpose=call.purpose,
            caller_id_class=CallerIdClass.REQUESTED,
            phone=lead.phone_e164 or "",
            started_at=at,
            completed_at=ended,
            duration=duration,
            summary=call.summary,
            score_delta=round(lead.lead_score - before, 1),
            stage_after_call=lead.pipeline_stage,
            cost_usd=(USD_PER_MINUTE * duration / 60).quantize(Decimal("0.0001")),
            created_at=at,
        )
        _transcribe(context, made, timed, at)
        told = {"call": made.pk, "disposition": str(call.disposition), "duration": duration}
        log(lead, "call_completed", actor=Actor.PROVIDER, at=ended, **told)

    return happen


def _timed(said: tuple[str, ...]) -> list[tuple[str, float]]:
    """Every line with the second it begins at."""
    second, timed = 1.2, []
    for text in said:
        timed.append((text, round(second, 1)))
        second += len(text) * SECONDS_PER_LETTER + 0.9
    return timed


def _transcribe(
    context: Context, call: VoiceCall, timed: list[tuple[str, float]], at: datetime
) -> None:
    CallTranscript.objects.bulk_create(
        CallTranscript(
            broker=context.broker,
            call=call,
            position=position,
            speaker=Speaker.CUSTOMER if position % 2 else Speaker.BOT,
            text=text,
            timestamp=second,
            confidence=round(context.rng.uniform(0.86, 0.98), 2),
            created_at=at,
        )
        for position, (text, second) in enumerate(timed)
    )
