"""Answers the questions of a message from what the turn knows, and says which it cannot answer."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from crm.patterns import Pattern
from leads.comunas import locate
from leads.folding import clean, fold
from leads.languages import Language, spoken_by
from llm.offline import homes, passages, policies, stock_questions, translations
from llm.offline.asking import Asked, Kind, questions_in
from llm.offline.attributes import BY_NAME
from llm.offline.concepts import concepts, is_subject
from llm.offline.context import Context, Hit, read_hits, read_homes
from llm.offline.home import Answer, Home
from llm.offline.home_sentences import said_of, subject
from llm.offline.phrases import Spanish
from llm.offline.turn import Turn
from llm.offline.wording import WORDS
from llm.spanish.name_lists import GIVEN
from llm.spanish.topics import find_question

Call = tuple[str, dict[str, Any]]
_FEWEST = 2  # that can be compared
_MOST_SEARCHES, _MOST_HOMES, _MOST_SUBJECTS = 3, 3, 8
_UF = Pattern(
    r"\b(?:cuanto|que valor|valor|precio|a como|how much|what|quanto)\b[^?]{0,30}\b(?:la |the |a |de la )?uf\b(?: hoy| today| hoje| actual\w*| ahora)?\W*$|\buf (?:de |del )?(?:hoy|dia|today|hoje)\b|\bvalor (?:de la )?uf\b|\b(?:en|a) pesos\b|\bin pesos\b|\bem pesos\b"
)
_SUM = Pattern(
    r"\bdividendo|\b(?:me|nos) alcanza\w*|\balcanzaria\w*|\bme da (?:para|el sueldo|la renta)|\bcuota mensual|\bcuanto (?:\w+ ){0,3}(?:al mes|mensual|prest\w+)\b|\bmonthly (?:payment|mortgage)|\bper month\b|\bcan i afford|\bquanto (?:\w+ ){0,2}por mes|\bparcela mensal|\bpuedo (?:comprar|optar|acceder) con\b"
)
_VISIT = Pattern(
    r"\b(?:era|es|quedo|quedamos|sigue) (?:a las?|el|para)\b|\ba que hora\b|\ba ?donde\b|\bdireccion\b|\bquien (?:me|va|nos|es|estara)\b|\bcon quien\b|\bcuando (?:es|era|quedo)\b|\bque dia\b|\bmi (?:visita|cita|hora)\b|\bnuestra (?:visita|cita)\b"
)
_OF_OFFICE = Pattern(r"\boficina|\batienden|\babren|\bcierran|\bustedes\b|\bsucursal")
_STATION = re.compile(r"metro(?: (?:[A-ZÁÉÍÓÚÑ]\w+|de|del)){1,4}")
_HOUR = re.compile(r"\ba las? (\d{1,2})(?:[:.](\d\d))?")
_LABELLED = re.compile(r"(\d{1,2}):(\d\d)")
_ARE_YOU = re.compile(r"\b(?:eres|sos|es usted|hablo con) (?P<name>[a-z]{2,20})\b")
_YOUR_NAME = Pattern(r"\b(?:como te llama\w*|cual es tu nombre|tu nombre\b)")
_CAN_DO = Pattern(
    r"\bque (?:cosas? |mas )?(?:puedes|sabes|podrias) hacer\b|\ben que (?:me )?(?:puedes|podrias) ayudar|\bwhat can you (?:do|help)|\bo que voce (?:faz|pode)"
)
_POSSIBLE = Pattern(
    r"\b(?:se puede|es posible|lo aceptan|la aceptan|aceptan eso|hay problema|can i|is (?:that|it) possible|e possivel)\b"
)
_INFO = Pattern(
    r"\b(?:info|informacion|detalles?|caracteristicas|ficha|mas datos|saber mas|cuentame|more about|details|informacoes|detalhes)\b"
)
_TRUST = Pattern(
    r"\bestafa\w*|\bson (?:reales|serios|confiables|de verdad)|\bes (?:real|seguro|confiable)\b|\bscam\b|\bgolpe\b"
)
# Asked of the conversation and no subject of the knowledge: understood, or left, by others.
_ASIDE = Pattern(
    r"\b(?:visitar\w*|agend\w+|coordin\w+|verl[oa]s?|ir a ver|conocerl[oa]|me llam\w+|nos vemos|puedo ir|podria ir|podemos ir|hablar con|conversar con|eres|sos|te llam\w+|como (?:estas?|te va)"
    r"|me ayud\w+|me puedes|me podrias|me mandas?|te parece|quien habla|cambi\w+ (?:la|el|mi)|cancelar|correr|mover la|reagend\w+|hora (?:disponible|libre)|horas tienen|que horas|dia tienen|por que|para que (?:es|quieres|necesit\w+)|speak|talk to|are you|help me)\b"
)


@dataclass(frozen=True)
class Answered:
    """One question with its words, or without any: then people are asked."""

    asked: Asked
    text: str = ""
    home: Answer | None = None
    tool: Call | None = None  # what would have to be called first
    is_aside: bool = False
    is_partial: bool = False  # what is known of it is said, and the rest is asked of people

    @property
    def is_open(self) -> bool:
        return self.is_partial or not (self.text or self.home or self.is_aside)


@dataclass(frozen=True)
class Answering:
    """The questions of a turn against what its context and its tools say."""

    context: Context
    turn: Turn
    cautious: bool = False
    tools: Iterable[str] = field(default_factory=tuple)

    @cached_property
    def language(self) -> Language:
        theirs = (each.text for each in reversed(self.turn.history) if not each.by_assistant)
        return spoken_by((self.turn.text, *theirs)) or "es"

    @cached_property
    def answers(self) -> tuple[Answered, ...]:
        if self.turn.complaints:
            return ()
        asked = questions_in(self.turn.text, self._names_of_all)
        return tuple(self._answered(_agreed(each)) for each in asked)

    @cached_property
    def _names_of_all(self) -> frozenset[str]:
        """The names of the properties that are there, without their kind, and of their stations."""
        there = (*self.context.discussed, *self._homes)
        names = [subject(home, "en") for home in there]
        names += [match.group() for home in there for match in _STATION.finditer(home.text)]
        return frozenset(fold(clean(name)) for name in names) - {""}

    @cached_property
    def open(self) -> tuple[Answered, ...]:
        return tuple(each for each in self.answers if each.is_open and not each.tool)

    @property
    def found(self) -> bool:
        return any(each.text or each.home for each in self.answers)

    @property
    def is_sure(self) -> bool:
        """Whether something was asked of a subject that the examples know, and is answered."""
        return any(each.asked.guess and (each.text or each.home) for each in self.answers)

    # --- What to look up ----------------------------------------------------------------------

    @property
    def calls(self) -> list[Call]:
        """Tools that may answer what is open; then, of what stays open, a note for people."""
        lookups = [each.tool for each in self.answers if each.tool]
        if lookups:
            return [each for each in lookups if each[0] in self.tools][:_MOST_SEARCHES]
        return [("note_question", {"question": each.asked.text}) for each in self.open]

    # --- What to say --------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """All answers, those about one property together, then what will be checked."""
        parts: list[str] = []
        sourced = False
        for text in self._texts:
            if sourced:
                text = _unsourced(text)
            sourced = sourced or _SOURCED.search(fold(clean(text)))
            if text not in parts:
                parts.append(text)
        if self.open:
            texts = WORDS[self.language].WILL_CHECK
            pick = len(self.turn.assistant_texts) % len(texts)
            parts.append(WORDS[self.language].WILL_CHECK_THE_REST if parts else texts[pick])
        return " ".join(parts)

    @property
    def _texts(self) -> Iterator[str]:
        named = {home.id for home in self.context.discussed if self._is_fresh(home)}
        for home, group in groupby(self.answers, key=lambda each: each.home and each.home.home):
            if home is None:
                yield from (each.text for each in group if each.text)
            else:
                found = [each.home for each in group if each.home]
                yield said_of(found, self.language, named=home.id in named)
                named.add(home.id)

    def _is_fresh(self, home: Home) -> bool:
        """What was named in this message or just before need not be named again."""
        before = [each.text for each in self.turn.history[-2:]]
        return len(self.context.discussed) == 1 and any(
            self._names(home, text) for text in (self.turn.text, *before)
        )

    def _names(self, home: Home, text: str = "") -> bool:
        folded = fold(clean(text or self.turn.text))
        words = re.findall(r"[a-z]{5,}", fold(clean(home.name)))
        place = fold(clean(home.fields.get("place", "")))  # which many share
        return any(word in folded for word in words if word not in _KINDS and word not in place)

    # --- One question -------------------------------------------------------------------------

    def _answered(self, asked: Asked) -> Answered:
        readers = [self._of_us, self._of_the_visit, self._of_money, self._compared, self._having]
        bare = stock_questions.is_bare(asked)
        if bare or not self.names_one or stock_questions.asks_cheaper(asked):
            readers.append(self._of_the_stock)
        readers += [self._of_a_home, self._of_policies, self._of_the_only_home]
        for answer in readers:
            if (found := answer(asked)) is not None:
                return found
        if self._is_aside(asked):
            return Answered(asked, is_aside=True)
        if (general := self._in_general(asked)) and not self._search(asked):
            return Answered(asked, general)
        search = self._search(asked)
        return Answered(asked, tool=search) if search else self._partly(asked)

    def _partly(self, asked: Asked) -> Answered:
        """A finer point of something that is known: that much is said."""
        one = self.context.discussed[0] if len(self.context.discussed) == 1 else None
        if one is not None and (found := homes.nearest(asked, one, self.language)):
            return Answered(asked, home=found, is_partial=True)
        wider = policies.wider(asked)
        passage = wider and passages.find(wider, self._hits, cautious=self.cautious)
        if passage and self.language == "es":
            plain = replace(passage, yes="")
            return Answered(asked, passages.said_of(plain, sourced=False), is_partial=True)
        return Answered(asked)

    def _in_general(self, asked: Asked) -> str:
        question = find_question(f"{asked.text}?")
        topic = question.topic if question and self.language == "es" else ""
        return Spanish.GENERAL[topic] if topic in _GENERAL else ""

    def _is_aside(self, asked: Asked) -> bool:
        return bool(_ASIDE.search(asked.folded) and not asked.guess) or not (
            asked.guess
            or asked.subject
            or any(map(is_subject, asked.about))
            or (asked.about and _POSSIBLE.search(asked.folded))
            or homes.attribute_asked(asked)
        )

    def _search(self, asked: Asked) -> Call | None:
        """With its subjects in the words of the knowledge, which may be of another language."""
        if "search_knowledge" not in self.tools:
            return None
        plain = policies.meant(asked, rents=False) or asked
        every = asked.subject | plain.subject | asked.about
        subjects = sorted(each[1:] for each in every if is_subject(each))
        visit = self.context.appointment
        place = [visit.location] if visit and visit.location else []
        args: dict[str, Any] = {"query": asked.text}
        if subjects or place:
            args["also"] = [*subjects, *place][:_MOST_SUBJECTS]
        return None if self.turn.called("search_knowledge", args) else ("search_knowledge", args)

    @cached_property
    def names_one(self) -> bool:
        """The message itself names a property: then "¿hay…?" asks about it and not for others."""
        return any(map(self._names, self.context.discussed))

    def _of_us(self, asked: Asked) -> Answered | None:
        """ "¿Tú eres Ana?", "¿cómo te llamas?" """
        agent = self.context.agent_name
        if _CAN_DO.search(asked.folded):
            return Answered(asked, translations.CAN_DO[self.language])
        named = _ARE_YOU.search(asked.folded)
        if not agent or self.language != "es" or not (named or _YOUR_NAME.search(asked.folded)):
            return None
        if not named:
            return Answered(asked, "" if self.context.first_contact else f"Me llamo {agent}, soy asistente virtual.", is_aside=True)  # fmt: skip
        if named.group("name") not in GIVEN:
            return None
        first = "Sí" if named.group("name") == fold(clean(agent)).split()[0] else "No"
        return Answered(asked, f"{first}, soy {agent}, asistente virtual de {self.context.broker_name}.")  # fmt: skip

    def _of_the_visit(self, asked: Asked) -> Answered | None:
        visit = self.context.appointment
        if visit is None or not _VISIT.search(asked.folded) or _OF_OFFICE.search(asked.folded):
            return None
        if self.language != "es":
            return None  # what stands is told in their language where the visit is asked for
        first = _confirmed(asked, visit.label)
        place = f", en {visit.location}" if visit.location else ""
        agent = f", con {visit.agent}" if visit.agent else ""
        text = f"tu visita es el {visit.label}{place}{agent}."
        return Answered(asked, f"{first}, {text}" if first else f"{text[0].upper()}{text[1:]}")

    def _of_money(self, asked: Asked) -> Answered | None:
        if _UF.search(asked.folded) and "uf_value" in self.tools:
            result = self.turn.result("uf_value")
            if result is None:
                return Answered(asked, tool=("uf_value", {}))
            return Answered(asked, translations.uf(result, self.language) if result.get("known") else "")  # fmt: skip
        if not _SUM.search(asked.folded) or "estimate_dividend" not in self.tools:
            return None
        result = self.turn.result("estimate_dividend")
        if result is None:
            return Answered(asked, tool=("estimate_dividend", {}))
        if result.get("outcome") == "debtor":
            return Answered(asked, is_aside=True)  # of a debt the reply speaks by itself
        text = translations.dividend(result, self.language) if result.get("known") else ""
        return Answered(asked, text) if text else None

    def _compared(self, asked: Asked) -> Answered | None:
        """ "¿Cuál es más grande?" of those under discussion."""
        order = stock_questions.extreme_asked(asked)
        if (
            not order
            or len(self.context.discussed) < _FEWEST
            or stock_questions.asks_cheaper(asked)
        ):
            return None
        return Answered(asked, translations.compared(self.context.discussed, order, self.language))

    def _having(self, asked: Asked) -> Answered | None:
        """ "Entre el de Pedro de Valdivia y el de Los Leones, ¿cuál tiene calefacción central?" """
        attribute = homes.attribute_asked(asked)
        if not stock_questions.asks_which(asked) or attribute is None or attribute.evidence is None:
            return None
        if len(self.context.discussed) < _FEWEST or not self.names_one:
            return None
        found = [
            each
            for home in self.context.discussed
            if (each := homes.answer(asked, home, self.language))
        ]
        if len(found) != 1:
            return None
        return Answered(asked, said_of(found, self.language, named=False))

    def _of_the_stock(self, asked: Asked) -> Answered | None:
        search = stock_questions.search_for(asked, self.turn.text, self.context)
        if search is None or "find_properties" not in self.tools:
            return None
        result = self.turn.result("find_properties")
        if result is None:
            return Answered(asked, tool=("find_properties", search))
        return Answered(asked, translations.listed(result, search, self.language))

    def _of_a_home(self, asked: Asked) -> Answered | None:
        attribute = homes.attribute_asked(asked)
        if self._is_of_policy(asked, attribute):
            return None
        candidates: Sequence[Home] = self.context.discussed[:_MOST_HOMES]
        if len(candidates) > 1:
            candidates = homes.meant_in(self.turn.text, candidates)
        if attribute is None and candidates and _INFO.search(asked.folded):
            texts = [homes.summary(home, self.language).text for home in candidates]
            return Answered(asked, " ".join(texts))
        found = [each for home in candidates if (each := homes.answer(asked, home, self.language))]
        if not candidates and attribute is not None:
            found = [each for home in self._homes if (each := homes.answer(asked, home, self.language, described=True))]  # fmt: skip
        if len(found) > 1 and not candidates:
            return None  # which is meant is not known: what others have is no answer
        if len(found) > 1:
            texts = [said_of([each], self.language, named=False) for each in found]
            return Answered(asked, " ".join(dict.fromkeys(texts)))
        return Answered(asked, home=found[0]) if found else None

    def _of_the_only_home(self, asked: Asked) -> Answered | None:
        """Where nothing else answers: the one property that was found, by its name and what its text says."""
        if self.context.discussed or len(self._homes) != 1:
            return None
        if policies.is_policy(asked.guess) or asked.guess in _OF_ANY_HOME:
            return None
        home = self._homes[0]
        there = fold(clean(f"{home.title} {home.text}"))
        if any(fold(each.comuna) not in there for each in locate(asked.text)):
            return None
        found = homes.answer(asked, home, self.language, described=True)
        return Answered(asked, home=found) if found else None

    def _is_of_policy(self, asked: Asked, attribute: Any) -> bool:
        """Of commission, reservation, visits and the like, whatever property is being discussed."""
        if policies.is_policy(asked.guess):
            return True
        if asked.guess == getattr(attribute, "name", None):
            return False
        named = asked.subject & _OF_POLICY
        return bool(named) and (attribute is None or attribute.name in ("price", "place", "m2", "state", "rent", "delivery", "metro"))  # fmt: skip

    @cached_property
    def _homes(self) -> tuple[Home, ...]:
        found = read_homes(list(self._raw_hits))
        if self.context.appointment and self.context.appointment.location:
            there = fold(clean(self.context.appointment.location))
            return tuple(each for each in found if fold(clean(each.name)) in there)
        return tuple({each.id: each for each in found}.values())

    def _of_policies(self, asked: Asked) -> Answered | None:
        hits = self._hits
        if asked.guess in BY_NAME and asked.guess not in _OF_ANY_HOME:
            return None
        asks_a_visit = asked.kind is Kind.WHETHER and not asked.subject & _OF_VISITS
        if asks_a_visit and _ASIDE.search(asked.folded) and not asked.guess:
            return None
        if _TRUST.search(asked.folded):
            asked = Asked(asked.text, asked.folded, Kind.WHERE, frozenset({"=oficina"}))
        rents = self.context.known.get("operation") == "rent"
        plain = policies.meant(asked, rents=rents)
        passage = plain and passages.find(plain, hits, cautious=self.cautious)
        if passage is None and policies.wider(asked):
            return None
        asked = plain if plain and passage else asked
        passage = passage or passages.find(
            asked, hits, cautious=self.cautious, names=self._names_of_homes
        )
        if passage is None:
            return self._of_subsidies(asked)
        if self.language == "es" and not asked.guess and asked.kind is Kind.WHETHER:
            unsure = replace(passage, yes="")
            return Answered(asked, passages.said_of(unsure, sourced=False), is_partial=True)
        if self.language == "es":
            return Answered(asked, passages.said_of(passage, sourced=False))
        if asked.guess == "commission":  # the templates say one case: the first
            passage = replace(passage, text=passage.text.split(". ")[0] + ".")
        text = translations.passage(asked, passage, self.language)
        return Answered(asked, text) if text else None

    @cached_property
    def _names_of_homes(self) -> frozenset[str]:
        titles = (f"{home.title} {home.fields.get('place', '')}" for home in self.context.discussed)
        return frozenset().union(*(concepts(fold(clean(title))) for title in titles))

    def _of_subsidies(self, asked: Asked) -> Answered | None:
        """Which there are, where a question is about them in general."""
        titles = [hit.title for hit in self._hits if hit.source_type == "subsidy"]
        if "=subsidio" not in asked.subject or not titles or len(asked.subject) > 3:
            return None
        return Answered(asked, translations.subsidies(titles, self.language))

    @cached_property
    def _hits(self) -> tuple[Hit, ...]:
        hits = read_hits(list(self._raw_hits))
        return tuple({(each.title, each.text): each for each in hits}.values())

    @cached_property
    def _raw_hits(self) -> tuple[Any, ...]:
        found: list[Any] = list(self.context.raw_knowledge)
        for call in self.turn.calls:
            if call.name == "search_knowledge" and call.result:
                hits = call.result.get("hits")
                found += hits if isinstance(hits, Sequence) else []
        return tuple(found)


_OF_VISITS = frozenset({"=costo", "=duracion", "=anticipacion"})
_OF_ANY_HOME = ("home_mortgage", "home_subsidy", "foreigners", "minimum_income")
_GENERAL = ("dicom", "privacy")
_KINDS = ("departamento", "estudio")
_OF_POLICY = frozenset(
    ["=reserva", "=devolver", "=comision", "=cuotas", "=pie", "=documento", "=dicom", "=credito", "=evaluacion", "=visita", "=oficina", "=horario", "=escritura", "=promesa", "=complementar", "=independiente", "=antiguedad", "=ds1", "=ds49", "=leasing", "=extranjero", "=garantia", "=contado", "=postular", "=ahorro"]
)  # fmt: skip
_SOURCED = Pattern(r"\bsegun (?:nuestra politica|la informacion)")
_UNSOURCED = re.compile(
    r"(?:según (?:nuestra política|la información del (?:\S+ )?\S+)), ", re.IGNORECASE
)


def _agreed(asked: Asked) -> Asked:
    """What is likeliest is sure where the words of the question name the same."""
    if asked.guess or not asked.likely:
        return asked
    attribute = homes.attribute_asked(asked)
    same = (attribute and attribute.name == asked.likely) or policies.names(asked.likely, asked)
    return replace(asked, guess=asked.likely) if same else asked


def _unsourced(text: str) -> str:
    plain = _UNSOURCED.sub("", text)
    return f"{plain[:1].upper()}{plain[1:]}"


def _confirmed(asked: Asked, label: str) -> str:
    """ "Sí" or "No" to "¿era a las 5?"; nothing where no hour is named."""
    named, there = _HOUR.search(asked.folded), _LABELLED.search(label)
    if not named or not there:
        return ""
    same = int(named.group(1)) % 12 == int(there.group(1)) % 12
    return "Sí" if same and (named.group(2) or there.group(2)) == there.group(2) else "No"
