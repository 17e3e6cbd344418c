"""The people of the demo: who they are, what they look for, and how far they got."""

from dataclasses import dataclass

from leads.stages import Stage

TELEGRAM, WEBCHAT = "telegram", "webchat"
NUNOA, METRO, VALDIVIA = "Plaza Ñuñoa", "Irarrázaval", "Pedro de Valdivia"
LEONES, CORDOVA, QUILIN = "Los Leones", "Alonso de Córdova", "Quilín"
FLORIDA, ABRAZO, AVENIDA = "Vicuña Mackenna", "El Abrazo", "Gran Avenida"
STUDIO, CHICUREO, RENACA = "Santa Isabel", "Chicureo", "Reñaca"


@dataclass(frozen=True)
class Visit:
    """A visit ``day`` working days from today (negative: before), in the agent's diary."""

    day: int
    hour: int
    agent: str
    outcome: str = "scheduled"


@dataclass(frozen=True)
class Person:
    """One lead; a fact that is None was never told. Amounts: budget in UF, the rest in CLP."""

    key: str
    name: str
    channel: str
    started: int
    place: str
    comuna: str
    stage: Stage
    told: tuple[tuple[str, ...], ...] = ()
    budget: int | None = None
    income: int | None = None
    dicom: str = "clean"
    debt: int | None = None
    timeline: str = "within_90_days"
    email: str = ""
    agent: str | None = None
    visit: Visit | None = None
    asks: str = ""
    ending: str = ""
    tags: tuple[str, ...] = ()
    kind: str = "departamento"
    bedrooms: int = 2

    @property
    def first(self) -> str:
        return self.name.partition(" ")[0]


NAME, PLACE, BUDGET, PHONE = ("name",), ("location",), ("budget",), ("phone",)
WISH = ("location", "budget")
MONEY = ("income", "dicom")
HELLO = (("name", "location"),)
WHOLE = (NAME, WISH, PHONE, MONEY)
LONG = (NAME, WISH, PHONE, ("income",), ("dicom",))
E_, P_, Q_ = Stage.ENTRY, Stage.PROFILING, Stage.QUALIFICATION
S_, F_, R_, W_, L_ = Stage.SCHEDULED, Stage.FOLLOW_UP, Stage.REFERRALS, Stage.WON, Stage.LOST

PEOPLE: tuple[Person, ...] = (
    # entrada: wrote, and has not answered the first question yet
    Person("tomas", "Tomás Aravena", WEBCHAT, -1, NUNOA, "Ñuñoa", E_, HELLO),
    Person("javiera", "Javiera Pizarro", TELEGRAM, -2, LEONES, "Providencia", E_, agent="ana"),
    Person("matias", "Matías Olivares", WEBCHAT, -4, STUDIO, "Santiago", E_, HELLO, bedrooms=1),
    Person("antonia", "Antonia Leiva", WEBCHAT, -6, ABRAZO, "Maipú", E_, HELLO, kind="casa", bedrooms=3),
    Person("vicente", "Vicente Cáceres", TELEGRAM, -9, AVENIDA, "San Miguel", E_),
    Person("martina", "Martina Godoy", WEBCHAT, -3, RENACA, "Viña del Mar", E_, HELLO, agent="luis"),
    # perfilamiento: answering, still without place, contact or money
    Person("camila", "Camila Fuentes", WEBCHAT, -1, NUNOA, "Ñuñoa", P_, (NAME, PLACE), agent="ana"),
    Person("diego", "Diego Henríquez", TELEGRAM, -2, AVENIDA, "San Miguel", P_, (NAME,), asks="pie"),
    Person("sofia", "Sofía Valenzuela", WEBCHAT, -3, FLORIDA, "La Florida", P_, (NAME, PLACE), asks="ds19", tags=("subsidio",)),
    Person("benjamin", "Benjamín Soto", TELEGRAM, -5, METRO, "Ñuñoa", P_, (NAME, PLACE), asks="inversion", tags=("inversionista",), bedrooms=1, ending="campaign_reply"),
    Person("fernanda", "Fernanda Araya", WEBCHAT, -7, VALDIVIA, "Providencia", P_, (NAME, WISH), budget=6_900, bedrooms=3, agent="luis"),
    Person("nicolas", "Nicolás Bravo", TELEGRAM, -10, ABRAZO, "Maipú", P_, (NAME, PLACE), kind="casa", bedrooms=3, asks="mascotas", ending="campaign"),
    Person("constanza", "Constanza Lagos", TELEGRAM, -12, STUDIO, "Santiago", P_, (NAME, PLACE), bedrooms=1, ending="campaign_done"),
    Person("ignacio", "Ignacio Riquelme", WEBCHAT, -14, QUILIN, "Peñalolén", P_, (NAME, BUDGET), budget=9_000, kind="casa", bedrooms=4, ending="anger"),
    # calificación financiera: known and reachable; money half told, or told and decided
    Person("catalina", "Catalina Muñoz", WEBCHAT, -2, NUNOA, "Ñuñoa", Q_, WHOLE, budget=4_200, income=1_850_000, timeline="now", agent="ana", asks="comision"),
    Person("sebastian", "Sebastián Contreras", TELEGRAM, -3, METRO, "Ñuñoa", Q_, (NAME, WISH, PHONE, ("income",)), budget=3_000, income=1_150_000, agent="luis", ending="call"),
    Person("valentina", "Valentina Espinoza", WEBCHAT, -4, FLORIDA, "La Florida", Q_, WHOLE, budget=2_400, income=720_000, asks="ds19", agent="ana", tags=("subsidio",)),
    Person("felipe", "Felipe Navarrete", TELEGRAM, -6, AVENIDA, "San Miguel", Q_, WHOLE, budget=3_100, income=1_320_000, dicom="has_debt", debt=280_000, agent="luis", ending="campaign"),
    Person("paz", "María Paz Tapia", WEBCHAT, -8, AVENIDA, "San Miguel", Q_, WHOLE, budget=2_300, income=430_000, timeline="later", asks="ds1", agent="ana", tags=("subsidio",), ending="not_qualified"),
    Person("rodrigo", "Rodrigo Cárdenas", TELEGRAM, -5, LEONES, "Providencia", Q_, LONG, budget=5_600, income=2_100_000, dicom="unknown", agent="luis", ending="requested"),
    Person("daniela", "Daniela Figueroa", WEBCHAT, -11, VALDIVIA, "Providencia", Q_, WHOLE, budget=7_200, income=2_900_000, dicom="has_debt", debt=3_400_000, bedrooms=3, agent="ana", ending="not_qualified"),
    # agendado: with a visit ahead, and one who did not come
    Person("cristobal", "Cristóbal Reyes", WEBCHAT, -2, NUNOA, "Ñuñoa", S_, WHOLE, budget=4_300, income=2_250_000, timeline="now", visit=Visit(1, 11, "ana", "confirmed")),
    Person("isidora", "Isidora Maldonado", TELEGRAM, -3, LEONES, "Providencia", S_, LONG, budget=5_700, income=2_600_000, timeline="now", agent="luis", visit=Visit(1, 10, "luis", "confirmed"), asks="mascotas"),
    Person("gabriel", "Gabriel Yáñez", WEBCHAT, -1, QUILIN, "Peñalolén", S_, WHOLE, budget=9_800, income=4_300_000, kind="casa", bedrooms=4, visit=Visit(2, 12, "ana")),
    Person("trinidad", "Trinidad Salinas", TELEGRAM, -4, AVENIDA, "San Miguel", S_, WHOLE, budget=3_200, income=1_480_000, agent="ana", visit=Visit(2, 10, "ana"), asks="reserva"),
    Person("maximiliano", "Maximiliano Vergara", WEBCHAT, -3, CORDOVA, "Las Condes", S_, WHOLE, budget=12_000, income=6_200_000, timeline="now", bedrooms=3, agent="luis", visit=Visit(3, 11, "luis"), tags=("premium",)),
    Person("renata", "Renata Quezada", WEBCHAT, -5, RENACA, "Viña del Mar", S_, LONG, budget=6_000, income=2_050_000, dicom="has_debt", debt=150_000, agent="luis", visit=Visit(4, 12, "luis"), email="renata.quezada@correo.example"),
    Person("joaquin", "Joaquín Pacheco", TELEGRAM, -6, METRO, "Ñuñoa", S_, WHOLE, budget=2_950, income=990_000, bedrooms=1, agent="ana", visit=Visit(-2, 11, "ana", "no_show")),
    # seguimiento: the visit took place
    Person("amanda", "Amanda Troncoso", WEBCHAT, -5, NUNOA, "Ñuñoa", F_, WHOLE, budget=4_400, income=2_750_000, timeline="now", agent="ana", visit=Visit(-1, 10, "ana", "completed"), ending="liked"),
    Person("bastian", "Bastián Orellana", TELEGRAM, -7, ABRAZO, "Maipú", F_, WHOLE, budget=3_900, income=1_620_000, kind="casa", bedrooms=3, agent="luis", visit=Visit(-2, 10, "luis", "completed"), ending="call"),
    Person("francisca", "Francisca Sandoval", WEBCHAT, -9, VALDIVIA, "Providencia", F_, WHOLE, budget=7_500, income=4_800_000, bedrooms=3, agent="ana", visit=Visit(-3, 12, "ana", "completed"), ending="liked", email="fran.sandoval@correo.example"),
    Person("alonso", "Alonso Carrasco", TELEGRAM, -10, CHICUREO, "Colina", F_, WHOLE, budget=14_000, income=7_500_000, kind="casa", bedrooms=4, timeline="later", agent="luis", visit=Visit(-4, 11, "luis", "completed"), ending="doubts"),
    Person("emilia", "Emilia Vidal", WEBCHAT, -13, LEONES, "Providencia", F_, WHOLE, budget=5_800, income=2_300_000, agent="ana", visit=Visit(-8, 12, "ana", "completed"), ending="doubts"),
    # referidos and ganado: the purchase is made, or as good as
    Person("ricardo", "Ricardo Bustamante", WEBCHAT, -21, AVENIDA, "San Miguel", R_, WHOLE, budget=3_200, income=1_900_000, timeline="now", agent="luis", visit=Visit(-18, 11, "luis", "completed"), ending="referral", tags=("referidor",)),
    Person("loreto", "Loreto Saavedra", WEBCHAT, -24, NUNOA, "Ñuñoa", R_, WHOLE, budget=4_300, income=2_400_000, timeline="now", agent="ana", visit=Visit(-20, 12, "ana", "completed"), ending="referral", tags=("referidor",)),
    Person("patricio", "Patricio Urrutia", TELEGRAM, -28, METRO, "Ñuñoa", W_, WHOLE, budget=3_000, income=1_750_000, bedrooms=1, agent="luis", visit=Visit(-25, 10, "luis", "completed"), ending="won", tags=("inversionista",)),
    Person("carolina", "Carolina Zamora", WEBCHAT, -30, QUILIN, "Peñalolén", W_, WHOLE, budget=9_900, income=5_100_000, kind="casa", bedrooms=4, agent="ana", visit=Visit(-26, 11, "ana", "completed"), ending="won", email="carola.zamora@correo.example"),
    # perdido: closed by a person, each with the reason
    Person("hector", "Héctor Jara", TELEGRAM, -20, FLORIDA, "La Florida", L_, (NAME, WISH, PHONE), budget=2_300, agent="ana", ending="bought_elsewhere"),
    Person("macarena", "Macarena Ulloa", WEBCHAT, -18, CORDOVA, "Las Condes", L_, (NAME, WISH), budget=11_500, bedrooms=3, agent="luis", ending="postponed"),
    Person("jorge", "Jorge Palma", TELEGRAM, -16, STUDIO, "Santiago", L_, (NAME, PLACE), bedrooms=1, agent="ana", ending="opted_out"),
)  # fmt: skip

RIVALS: tuple[Person, ...] = (
    Person("r-pia", "Pía Echeverría", WEBCHAT, -2, "San Carlos", "Las Condes", P_, (NAME, PLACE), kind="casa", bedrooms=5),
    Person("r-andres", "Andrés Goycoolea", WEBCHAT, -4, "San Carlos", "Las Condes", Q_, WHOLE, budget=20_000, income=9_000_000, kind="casa", bedrooms=5),
    Person("r-ximena", "Ximena Larraín", WEBCHAT, -5, "San Carlos", "Vitacura", E_, kind="casa", bedrooms=5),
    Person("r-pablo", "Pablo Errázuriz", WEBCHAT, -8, "San Carlos", "Lo Barnechea", P_, (NAME, BUDGET), budget=18_500, kind="casa", bedrooms=5),
    Person("r-elena", "Elena Vial", WEBCHAT, -9, "San Carlos", "Las Condes", Q_, WHOLE, budget=22_000, income=7_800_000, dicom="clean", kind="casa", bedrooms=5),
)  # fmt: skip
