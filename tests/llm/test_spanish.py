from datetime import date, datetime, time
from decimal import Decimal
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.money import Currency, Money
from llm.spanish import Intent, Offer, Understanding, asked_in, understand

NOW = datetime.fromisoformat("2026-11-22T10:00:00-03:00")  # a Sunday
OFFERS = (
    Offer(7, datetime.fromisoformat("2026-11-26T11:00:00-03:00")),
    Offer(8, datetime.fromisoformat("2026-11-26T16:00:00-03:00")),
    Offer(9, datetime.fromisoformat("2026-11-27T10:00:00-03:00")),
)


def read(text: str, asked: str | None = None, offers: tuple[Offer, ...] = ()) -> Understanding:
    return understand(text, now=NOW, asked=asked, offers=offers, assistant="Sofía")


def clp(amount: int) -> Money:
    return Money(Decimal(amount))


def uf(amount: int) -> Money:
    return Money(Decimal(amount), "UF")


def test_reads_every_fact_of_one_message() -> None:
    facts = read(
        "soy Camila Rojas, gano 1.4 palos, sin dicom, busco depto de 2 dormitorios en ñuñoa por 4000 uf,"
        " mi fono es 9 8765 4321, camila@correo.cl, para este mes"
    ).facts
    timeline = facts.timeline
    assert timeline
    assert timeline.horizon == "now"
    assert facts.known() | {"timeline": None} == {
        "name": "Camila Rojas",
        "phone": "+56987654321",
        "email": "camila@correo.cl",
        "location": ("Ñuñoa",),
        "budget": uf(4000),
        "income": clp(1_400_000),
        "dicom": "clean",
        "property_type": "departamento",
        "bedrooms": 2,
        "timeline": None,
    }


@pytest.mark.parametrize(
    ("text", "asked", "name"),
    [
        ("me llamo camila rojas y busco depto", None, "Camila Rojas"),
        ("Hola soy jaime busco depto en ñuñoa", None, "Jaime"),
        ("mi nombre es juan de la fuente", None, "Juan de la Fuente"),
        ("Hola, mi nombre es María Paz Undurraga y estoy interesada", None, "María Paz Undurraga"),
        ("habla Rodrigo", None, "Rodrigo"),
        ("acá Andrés de Maipú", None, "Andrés"),
        ("te escribe Nicolás Vergara", None, "Nicolás Vergara"),
        ("soy la Coni y este es mi número", None, "Coni"),
        ("no soy Pedro, soy Juan", None, "Juan"),
        ("soy carla gonzalez 934567890", None, "Carla Gonzalez"),
        ("Camila", "name", "Camila"),
        ("CAMILA ROJAS", "name", "Camila Rojas"),
        ("hola, camila", "name", "Camila"),
        ("si, camila y tu?", "name", "Camila"),
        ("Victoria Pérez", "name", "Victoria Pérez"),
        ("Señora Marta", "name", "Marta"),
        ("Ximena O'Ryan 😊", "name", "Ximena O'Ryan"),
        ("Pedro de Maipú", "name", "Pedro"),
        ("Antonia y quiero depto en ñuñoa", "name", "Antonia"),
        ("soy la señora Rosa del aviso de la casa", None, "Rosa"),
        ("Claudia Muñoz 987654321", "name", "Claudia Muñoz"),
        ("Millaray Huenchumilla", "name", "Millaray Huenchumilla"),
    ],
)
def test_finds_the_name(text: str, asked: str | None, name: str) -> None:
    assert read(text, asked).facts.name == name


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("soy soltero", None),
        ("soy de Maipú", None),
        ("soy cliente", None),
        ("soy ingeniero", None),
        ("Soy Dentista", None),
        ("soy yo", None),
        ("no me llamo Pedro", None),
        ("habla con mi marido", None),
        ("Hola", "name"),
        ("dale", "name"),
        ("hola sofía", "name"),
        ("gracias", "name"),
        ("para qué quieres saber", "name"),
        ("tienen estacionamiento?", "name"),
        ("busco depto en Santiago centro", "name"),
        ("ñuñoa", "name"),
        ("en la tarde", "name"),
        ("asdf qwrt", None),
    ],
)
def test_is_not_fooled_into_a_name(text: str, asked: str | None) -> None:
    assert read(text, asked).facts.name is None


def test_a_person_named_like_a_comuna_is_no_place() -> None:
    assert read("me llamo Victoria Pérez").facts.location == ()
    assert read("Victoria Pérez", "name").facts.location == ()
    assert read("victoria", "location").facts.location == ("Victoria",)


@pytest.mark.parametrize(
    ("text", "asked", "income"),
    [
        ("gano un palo doscientos", None, 1_200_000),
        ("gano 950 lucas", None, 950_000),
        ("mi sueldo es 1.350.000 liquido y mi marido 900 lucas", None, 2_250_000),
        ("tngo 32 años y gano liquido 1 millon 100", None, 1_100_000),
        ("trabajo independiente, boletas por 2 millones al mes", None, 2_000_000),
        ("soy pensionado y recibo $520.000", None, 520_000),
        ("GANO 1.500.000 LIQUIDOS Y NO TENGO DICOM", None, 1_500_000),
        ("tengo 20 millones ahorrados y gano 1.9", None, 1_900_000),
        ("no gano mas de 800 lucas", None, 800_000),
        ("1.800.000", "income", 1_800_000),
        ("1.800", "income", 1_800_000),
        ("2300", "income", 2_300_000),
        ("950 mas o menos", "income", 950_000),
        ("uff como 700", "income", 700_000),
        ("2,8", "income", 2_800_000),
        ("palo y medio", "income", 1_500_000),
        ("entre 900 y 1.100", "income", 900_000),
        ("no gano tanto, unos 850", "income", 850_000),
        ("24 millones al año", "income", 2_000_000),
        ("1.250 millones", "income", 1_250_000),
        ("estoy cesante", "income", 0),
        ("mi ingreso fluctua entre 1 y 1.3 millones", None, 1_000_000),
        ("sueldo base 600 mas bonos, liquido me llegan 1.050.000", None, 1_050_000),
    ],
)
def test_reads_the_net_monthly_income(text: str, asked: str | None, income: int) -> None:
    assert read(text, asked).facts.income == clp(income)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("no gano 2 millones", None),
        ("2 millones brutos", "income"),
        ("menos de 500", "income"),
        ("pago 350 lucas de arriendo", "income"),
        ("mi marido gana 900 lucas", "income"),
        ("el 3 de diciembre", "income"),
        ("mi fono es 987654321", "income"),
        ("a las 11", "income"),
        ("no sé", "income"),
    ],
)
def test_what_is_no_income(text: str, asked: str | None) -> None:
    assert read(text, asked).facts.income is None


def test_gross_income_is_noticed_and_not_recorded() -> None:
    assert read("2 millones brutos", "income").has(Intent.GROSS_INCOME)


@pytest.mark.parametrize(
    ("text", "asked", "amount", "currency"),
    [
        ("¿tienen algo por 3000 UF?", None, 3000, "UF"),
        ("tope 2.800 uf, stgo centro", None, 2800, "UF"),
        ("busco arriendo en maipu 450 lucas", None, 450_000, "CLP"),
        ("mi presupuesto son 100 palos", None, 100_000_000, "CLP"),
        ("entre 3000 y 3500 uf", None, 3500, "UF"),
        ("1.800.000", "budget", 1_800_000, "CLP"),
        ("3500", "budget", 3500, "UF"),
        ("3.200 a 3.600", "budget", 3600, "UF"),
        ("como 3 mil", "budget", 3000, "UF"),
        ("como 120", "budget", 120_000_000, "CLP"),
        ("160M", "budget", 160_000_000, "CLP"),
        ("hasta 150.000.000", "budget", 150_000_000, "CLP"),
        ("US$ 120.000", "budget", 120_000, "USD"),
    ],
)
def test_reads_the_budget(text: str, asked: str | None, amount: int, currency: Currency) -> None:
    assert read(text, asked).facts.budget == Money(Decimal(amount), currency)


def test_an_address_is_no_budget() -> None:
    assert read("calle Los Leones 2345 depto 302").facts.budget is None


@pytest.mark.parametrize(
    ("text", "asked", "dicom"),
    [
        ("no tengo dicom", None, "clean"),
        ("sin dicom", None, "clean"),
        ("no estoy en dicom ni tengo deudas", None, "clean"),
        ("tengo deudas pero al día", None, "clean"),
        ("DICOM NO", None, "clean"),
        ("estuve en dicom pero ya salí", None, "clean"),
        ("no", "dicom", "clean"),
        ("nopo", "dicom", "clean"),
        ("creo q no", "dicom", "clean"),
        ("claro que no", "dicom", "clean"),
        ("si no me equivoco no", "dicom", "clean"),
        ("limpio", "dicom", "clean"),
        ("ninguna", "dicom", "clean"),
        ("No, gracias a Dios", "dicom", "clean"),
        ("si", "dicom_clean", "clean"),
        ("estoy en dicom", None, "has_debt"),
        ("toy en dicom x 200 lucas", None, "has_debt"),
        ("tengo una deuda de 300 lucas", None, "has_debt"),
        ("tengo dicom, puedo postular?", None, "has_debt"),
        ("no, pero tengo una deuda chica", None, "has_debt"),
        ("sí", "dicom", "has_debt"),
        ("mmm si, por una tarjeta", "dicom", "has_debt"),
        ("unas 200 lucas", "dicom", "has_debt"),
        ("lamentablemente si", "dicom", "has_debt"),
        ("no sé", "dicom", "unknown"),
        ("ni idea la verdad", "dicom", "unknown"),
        ("no estoy seguro si tengo dicom", None, "unknown"),
        ("puedo comprar si estoy en dicom?", None, None),
        ("aceptan con dicom?", None, None),
        ("mi marido está en dicom", None, None),
        ("sí", "visit", None),
        ("no", "visit", None),
        ("afortunadamente no", "dicom", "clean"),
        ("deberia estar limpio", "dicom", "clean"),
    ],
)
def test_reads_the_dicom_state(text: str, asked: str | None, dicom: str | None) -> None:
    assert read(text, asked).facts.dicom == dicom


@pytest.mark.parametrize(
    ("text", "asked", "debt"),
    [
        ("tengo una deuda de 300 lucas", None, 300_000),
        ("estoy en dicom por medio palo", None, 500_000),
        ("300", "debt_amount", 300_000),
        ("si pero chica, como 150 lucas", "dicom", 150_000),
        ("no tengo deudas y gano 900 lucas", None, None),
        ("tengo una deuda castigada del 2019", "dicom", None),
    ],
)
def test_reads_the_debt(text: str, asked: str | None, debt: int | None) -> None:
    assert read(text, asked).facts.debt_amount == debt


@pytest.mark.parametrize(
    ("text", "asked", "horizon"),
    [
        ("este mes", None, "now"),
        ("quiero comprar lo antes posible", None, "now"),
        ("es urgente", None, "now"),
        ("en dos semanas", None, "now"),
        ("para navidad", None, "now"),
        ("ya", "timeline", "now"),
        ("altiro", "timeline", "now"),
        ("en 2 meses", None, "within_90_days"),
        ("1 a 3 meses", "timeline", "within_90_days"),
        ("el otro mes", None, "within_90_days"),
        ("en enero del 2027", None, "within_90_days"),
        ("ando buscando algo pa marzo", None, "later"),
        ("en 6 meses", None, "later"),
        ("próximo año", None, "later"),
        ("solo estoy cotizando", None, "later"),
        ("sin apuro, es pa mi hija", None, "later"),
        ("cuando se venda mi depto", "timeline", "later"),
        ("hace 3 meses que busco", None, None),
        ("llevo 2 años trabajando", None, None),
        ("quiero agendar visita lo antes posible", None, None),
        ("no sé", "timeline", None),
        ("para el 2027", "timeline", "within_90_days"),
        ("todavia no sé bien", "timeline", None),
    ],
)
def test_reads_how_soon(text: str, asked: str | None, horizon: str | None) -> None:
    timeline = read(text, asked).facts.timeline
    assert (timeline and timeline.horizon) == horizon


@pytest.mark.parametrize(
    ("text", "asked", "places"),
    [
        ("ñuñoa o provi", "location", ("Ñuñoa", "Providencia")),
        ("vivo en maipu pero busco en la florida", None, ("La Florida",)),
        ("vivo en maipu", "location", ("Maipú",)),
        ("soy de Maipú", None, ()),
        ("no quiero maipu", None, ()),
        ("me da igual mientras sea en santiago", "location", ("Santiago",)),
    ],
)
def test_reads_where_the_lead_wants_to_live(
    text: str, asked: str | None, places: tuple[str, ...]
) -> None:
    assert read(text, asked).facts.location == places


@pytest.mark.parametrize(
    ("text", "asked", "kind", "rooms"),
    [
        ("depa 3 dorm 2 baños", None, "departamento", 3),
        ("dpto de 2d1b", None, "departamento", 2),
        ("casa de dos piezas", None, "casa", 2),
        ("2 o 3 dormitorios", None, None, 2),
        ("tres", "bedrooms", None, 3),
        ("no quiero depto, quiero casa", None, "casa", None),
        ("depto no, casa", None, "casa", None),
        ("depa con 2 estacionamientos y bodega", None, "departamento", None),
        ("cuánto sale el estacionamiento", None, None, None),
        ("busco una parcela", None, "parcela", None),
        ("tienen deptos en ñuñoa?", None, "departamento", None),
        ("estoy en casa", None, None, None),
    ],
)
def test_reads_the_home(text: str, asked: str | None, kind: str | None, rooms: int | None) -> None:
    facts = read(text, asked).facts
    assert (facts.property_type, facts.bedrooms) == (kind, rooms)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hola", Intent.GREETING),
        ("Buenas tardes!", Intent.GREETING),
        ("hola como estas", Intent.HOW_ARE_YOU),
        ("eres un bot?", Intent.ASKS_IF_BOT),
        ("ud es una persona o una maquina", Intent.ASKS_IF_BOT),
        ("esto es automatico?", Intent.ASKS_IF_BOT),
        ("estoy hablando con una persona?", Intent.ASKS_IF_BOT),
        ("quiero hablar con una persona", Intent.WANTS_HUMAN),
        ("me pueden llamar?", Intent.WANTS_HUMAN),
        ("quiero que me atienda una persona no una maquina", Intent.WANTS_HUMAN),
        ("pasame con ana", Intent.WANTS_HUMAN),
        ("agente por favor", Intent.WANTS_HUMAN),
        ("necesito que me llame un ejecutivo", Intent.WANTS_HUMAN),
        ("son unos ladrones ctm", Intent.ANGER),
        ("nunca me llamaron, pesimo", Intent.ANGER),
        ("me tienen aburrido", Intent.ANGER),
        ("los voy a demandar", Intent.LEGAL_THREAT),
        ("voy a ir al sernac", Intent.LEGAL_THREAT),
        ("quiero visitarlo", Intent.WANTS_VISIT),
        ("cuando puedo ir a verla", Intent.WANTS_VISIT),
        ("kiero agendar una bisita", Intent.WANTS_VISIT),
        ("podria ser mañana a las 5?", Intent.WANTS_VISIT),
        ("quiero cancelar la visita", Intent.WANTS_CANCEL),
        ("no voy a poder ir el jueves", Intent.WANTS_CANCEL),
        ("quiero cambiar la hora", Intent.WANTS_RESCHEDULE),
        ("no voy a poder ir el jueves, puedo el viernes?", Intent.WANTS_RESCHEDULE),
        ("a que hora era mi visita?", Intent.ASKS_APPOINTMENT),
        ("quiero vender mi casa", Intent.WANTS_TO_SELL),
        ("necesito credito hipotecario", Intent.ASKS_FINANCING),
        ("muchas gracias", Intent.THANKS),
        ("chao", Intent.GOODBYE),
        ("ya compre, gracias", Intent.NOT_INTERESTED),
        ("lo converso con mi señora y te aviso", Intent.POSTPONES),
        ("para que quieres mi sueldo?", Intent.ASKS_WHY),
        ("prefiero no decir", Intent.REFUSES_TO_SAY),
        ("👍", Intent.AFFIRMS),
        ("ya dale", Intent.AFFIRMS),
        ("no gracias", Intent.DECLINES),
        ("anulame la visita de mañana porfis", Intent.WANTS_CANCEL),
        ("tengo visita hoy y nadie llego", Intent.COMPLAINT),
        ("son las 4 y la visita era a las 3", Intent.COMPLAINT),
        ("fuimos a ver la casa y nada que ver con las fotos", Intent.COMPLAINT),
    ],
)
def test_reads_the_intent(text: str, intent: Intent) -> None:
    assert read(text).has(intent)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("soy abogado", Intent.LEGAL_THREAT),
        ("hay mucha demanda por ese depto?", Intent.LEGAL_THREAT),
        ("es una estafa esto?", Intent.ANGER),
        ("disculpa la molestia", Intent.ANGER),
        ("weon te pasaste jaja gracias", Intent.ANGER),
        ("somos 3 personas", Intent.WANTS_HUMAN),
        ("vivo con otra persona", Intent.WANTS_HUMAN),
        ("estoy hablando con una persona?", Intent.WANTS_HUMAN),
        ("quiero ver opciones en ñuñoa", Intent.WANTS_VISIT),
        ("tienen estacionamiento de visitas?", Intent.WANTS_VISIT),
        ("quiero cancelar la visita", Intent.WANTS_VISIT),
        ("si tuviera dicom puedo comprar?", Intent.AFFIRMS),
        ("ya compre", Intent.AFFIRMS),
        ("si cancelo la visita me cobran algo?", Intent.WANTS_CANCEL),
        ("y si no voy pasa algo?", Intent.WANTS_CANCEL),
        ("esta viejito o lo arreglaron?", Intent.COMPLAINT),
        ("cuanto es la reserva, ya viste lo que te mandaron", Intent.COMPLAINT),
    ],
)
def test_is_not_fooled_into_an_intent(text: str, intent: Intent) -> None:
    assert not read(text).has(intent)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("aceptan mascotas?", "pets"),
        ("cuanto vale el depto de 2d2b en provi", "price"),
        ("¿tienen algo por 3000 UF?", "availability"),
        ("gasto común?", "expenses"),
        ("cuanto pie necesito?", "financing"),
        ("trabajan con subsidio ds19?", "subsidy"),
        ("tiene piscina", "amenities"),
        ("donde queda?", "location"),
        ("puedo comprar si estoy en dicom?", "dicom"),
        ("kiero saber el precio xfa", "price"),
        ("me mandas fotos?", "photos"),
    ],
)
def test_reads_the_question_and_its_topic(text: str, topic: str) -> None:
    question = read(text).question
    assert question
    assert question.topic == topic


@pytest.mark.parametrize(
    "text",
    [
        "hola, como estas?",
        "eres un bot?",
        "y tú?",
        "quiero hablar con alguien?",
        "que lata este bot",
        "puedo ir a verla?",
    ],
)
def test_what_is_no_question_to_look_up(text: str) -> None:
    assert read(text).question is None


@pytest.mark.parametrize(
    ("text", "offer_id"),
    [
        ("la primera", 7),
        ("La 1ra opción por favor", 7),
        ("1", 7),
        ("1️⃣", 7),
        ("uno", 7),
        ("el jueves a las 11", 7),
        ("la de las 11", 7),
        ("esa del jueves en la mañana", 7),
        ("cualquiera", 7),
        ("la q sea", 7),
        ("cualquiera del jueves", 7),
        ("11", 7),
        ("la segunda", 8),
        ("la 2 porfa", 8),
        ("a las 4 de la tarde", 8),
        ("tipin 4 el jueves", 8),
        ("jueves 4pm", 8),
        ("jueves 26 16:00", 8),
        ("prefiero en la tarde", 8),
        ("el viernes no, el jueves a las 4", 8),
        ("la primera no puedo, la segunda si", 8),
        ("la última", 9),
        ("opcion 3", 9),
        ("el viernes", 9),
        ("el 27", 9),
        ("viernes 10", 9),
        ("el jueves no puedo, el viernes si", 9),
        ("me sirve el viernes a las 10", 9),
        ("dale, esa", None),
        ("el jueves", None),
        ("el lunes", None),
        ("mañana en la mañana", None),
        ("ninguna", None),
        ("a las 11 y media", None),
        ("no puedo esos dias", None),
    ],
)
def test_reads_the_choice_among_offers(text: str, offer_id: int | None) -> None:
    assert read(text, "slot", OFFERS).offer_id == offer_id


def test_a_single_offer_is_taken_by_a_yes() -> None:
    assert read("dale, esa", "slot", OFFERS[:1]).offer_id == 7


def test_a_number_chooses_nothing_when_something_else_was_asked() -> None:
    assert read("2", "bedrooms", OFFERS).offer_id is None
    assert read("busco mi primera vivienda", None, OFFERS).offer_id is None


@pytest.mark.parametrize(
    ("text", "date_from", "date_to", "part"),
    [
        ("este jueves", date(2026, 11, 26), date(2026, 11, 26), None),
        ("en la tarde", None, None, "afternoon"),
        ("el fin de semana", date(2026, 11, 28), date(2026, 11, 29), None),
        ("la próxima semana", date(2026, 11, 23), date(2026, 11, 29), None),
        ("mañana", date(2026, 11, 23), date(2026, 11, 23), None),
        ("mañana en la mañana", date(2026, 11, 23), date(2026, 11, 23), "morning"),
        ("pasado mañana por la tarde", date(2026, 11, 24), date(2026, 11, 24), "afternoon"),
        ("el 3 de diciembre", date(2026, 12, 3), date(2026, 12, 3), None),
        ("el 5/12 en la mañana", date(2026, 12, 5), date(2026, 12, 5), "morning"),
        ("lunes o martes", date(2026, 11, 23), date(2026, 11, 24), None),
        ("a partir del lunes", date(2026, 11, 23), date(2026, 12, 7), None),
        ("después de las 6", None, None, "evening"),
        ("hoy a las 16 hrs", date(2026, 11, 22), date(2026, 11, 22), "afternoon"),
    ],
)
def test_reads_the_wish_for_a_day(
    text: str, date_from: date | None, date_to: date | None, part: str | None
) -> None:
    wish = read(text).wish
    assert wish
    assert (wish.date_from, wish.date_to, wish.part_of_day) == (date_from, date_to, part)


def test_a_greeting_is_no_part_of_the_day() -> None:
    assert read("buenas tardes").wish is None


def test_the_day_is_the_one_of_the_zone() -> None:
    late = datetime.fromisoformat("2026-11-23T01:00:00+00:00")
    assert read_at("hoy", late) == date(2026, 11, 22)


def read_at(text: str, now: datetime) -> date | None:
    wish = understand(text, now=now, zone="America/Santiago").wish
    return wish.date_from if wish else None


def test_an_hour_may_mean_morning_or_evening() -> None:
    wish = read("a las 8").wish
    assert wish
    assert wish.hours == (time(8), time(20))


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("¡Hola! Soy Sofía. ¿Cómo te llamas?", "name"),
        ("¿Con quién tengo el gusto?", "name"),
        ("Gracias, Camila. ¿Me dejas tu número de celular?", "phone"),
        ("¿Cuál es tu correo electrónico?", "email"),
        ("¿En qué comuna te gustaría vivir?", "location"),
        ("¿Cuál es tu presupuesto aproximado en UF?", "budget"),
        ("¿Cuál es tu renta líquida mensual?", "income"),
        ("¿Cuánto ganas al mes?", "income"),
        ("¿Te encuentras actualmente en DICOM o tienes deudas morosas?", "dicom"),
        ("¿Estás sin deudas en el sistema?", "dicom_clean"),
        ("¿Cuál es el monto de la deuda?", "debt_amount"),
        ("¿Para cuándo piensas comprar?", "timeline"),
        ("¿Buscas casa o departamento?", "property_type"),
        ("¿Cuántos dormitorios necesitas?", "bedrooms"),
        ("1) jueves a las 11:00\n2) viernes a las 10:00\n¿Cuál te acomoda más?", "slot"),
        ("¿Qué horario prefieres?", "slot"),
        ("¿Te gustaría agendar una visita?", "visit"),
        ("¿Quieres que te contacte una persona del equipo?", "human"),
        ("Indícame tu nombre, por favor.", "name"),
        ("¡Que estés muy bien!", None),
        ("", None),
        (None, None),
    ],
)
def test_tells_what_the_assistant_asked(text: str | None, asked: str | None) -> None:
    assert asked_in(text) == asked


@given(
    st.text(max_size=160),
    st.sampled_from([None, "name", "income", "dicom", "slot", "timeline", "budget", "phone"]),
)
def test_any_text_is_understood_without_failing(text: str, asked: str | None) -> None:
    first: Any = read(text, asked, OFFERS)
    assert first == read(text, asked, OFFERS)
    asked_in(text)


_FRAGMENTS = [
    "hola",
    "soy",
    "gano",
    "busco",
    "depto",
    "casa",
    "en",
    "por",
    "hasta",
    "uf",
    "palos",
    "lucas",
    "2",
    "3",
    "11",
    "1.200",
    "4000",
    "987654321",
    "jueves",
    "mañana",
    "tarde",
    "no",
    "si",
    "dicom",
    "deuda",
    "de",
    "la",
    "las",
    "a",
    "y",
    "el",
    "que",
    "primera",
    "marzo",
    "mes",
    "meses",
    "años",
    "ñuñoa",
    ",",
    ".",
    "?",
    "visita",
    "31/02",
    "99:99",
    "25",
    "de",
    "diciembre",
]


@given(
    st.lists(st.sampled_from(_FRAGMENTS), max_size=12),
    st.sampled_from([None, "name", "income", "dicom", "slot"]),
)
def test_any_mix_of_their_words_is_understood_without_failing(
    words: list[str], asked: str | None
) -> None:
    read(" ".join(words), asked, OFFERS)


@pytest.mark.parametrize("piece", [", ", "? ", "1 palo y ", "cual de ", "hola, ", "9-"])
def test_a_long_monotonous_text_is_read_in_time(piece: str) -> None:
    started = monotonic()
    read(piece * 3000, "dicom")
    asked_in(piece * 3000 + "?")
    assert monotonic() - started < 10
