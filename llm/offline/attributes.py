"""What of a property may be asked, in three languages: a field of its data, or words that its text has for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm.patterns import Pattern
from leads.languages import Language


@dataclass(frozen=True, slots=True)
class Attribute:
    """What of a property may be asked: a field of its data, or words that its text has for it."""

    name: str
    asks: Pattern
    key: str = ""
    says: Mapping[Language, str] = field(default_factory=dict)
    evidence: Pattern | None = None
    yes: Mapping[Language, str] = field(default_factory=dict)


def _attribute(
    name: str,
    asks: str,
    *,
    key: str = "",
    says: tuple[str, str, str] | None = None,
    evidence: str = "",
    yes: tuple[str, str] | None = None,
) -> Attribute:
    texts: dict[Language, str] = dict(zip(("es", "en", "pt"), says, strict=True)) if says else {}
    features: dict[Language, str] = dict(zip(("en", "pt"), yes, strict=True)) if yes else {}
    return Attribute(
        name, Pattern(asks), key, texts, Pattern(evidence) if evidence else None, features
    )


# In order: the first that a question asks for is what it asks; a price only where nothing else is named.
ATTRIBUTES: tuple[Attribute, ...] = (
    _attribute("contributions", r"\bcontribuciones\b|\bproperty tax|\biptu\b", key="contributions",
               says=("paga contribuciones por {}", "pays property taxes of {}", "paga contribuições de {}")),
    _attribute("expenses", r"\bgastos? comun\w*|\bg\.?g\.?c\.?c\b|\bgc\b|\bcommon (?:expenses|charges|costs)|\bmaintenance (?:fees?|costs?)|\bhoa\b|\bexpensas\b|\b(?:building|monthly|condo|community) fees?\b|\bmonthly charges|\btaxa de condominio|\bcondominio (?:custa|mensal|mensual|al mes)|\b(?:o|do|de) condominio\b",
               key="expenses",
               says=("tiene gastos comunes de unos {} al mes", "has common expenses of about {} a month", "tem condomínio de cerca de {} por mês")),
    _attribute("parking", r"\bestacionamientos?|\bparking|\bcocheras?\b|\bgarages?\b|\bgaraje\b|\bgaragem|\bvagas?\b|\b(?:dejar|guardar|estacionar) (?:el |mi |los )?autos?\b|\bautos? [^?]*\bcab[ae]n?\b|\bcab[ae]n?\b",
               key="parking", says=("tiene estacionamiento: {}", "has parking: {}", "tem estacionamento: {}"),
               evidence=r"\bestacionamientos?", yes=("parking", "estacionamento")),
    _attribute("storage", r"\bbodegas?\b|\bstorage|\bdeposito de\b", key="storage",
               says=("tiene bodega: {}", "has storage: {}", "tem depósito: {}"), evidence=r"\bbodegas?\b", yes=("a storage room", "depósito")),
    _attribute("land", r"\bterreno\b|\bsitio\b|\blote\b|\bplot\b|\bland\b", key="land_m2",
               says=("tiene un terreno de {}", "has a plot of {}", "tem um terreno de {}"), evidence=r"\bterreno de \d", yes=("a plot", "terreno")),
    _attribute("terrace", r"\bterrazas?\b|\bbalcon\w*|\bterrace|\bbalcony|\bvaranda|\bsacada", key="terrace_m2",
               says=("tiene una terraza de {}", "has a terrace of {}", "tem um terraço de {}"), evidence=r"\bterraza|\bbalcon", yes=("a terrace", "terraço")),
    _attribute("yard", r"\bpatios?\b|\bantejardin\w*|\byard\b|\bquintal\b", evidence=r"\bpatio|\bantejardin", yes=("a yard", "quintal")),
    _attribute("garden", r"\bjardin(?:es)?\b|\bgarden\b|\bjardim\b", evidence=r"\bjardin\b|\bantejardin", yes=("a garden", "jardim")),
    _attribute("pool", r"\bpiscinas?\b|\bpools?\b|\balberca", evidence=r"\bpiscina", yes=("a pool", "piscina")),
    _attribute("gym", r"\bgimnasio|\bgym\b|\bacademia\b", evidence=r"\bgimnasio|\bgym\b", yes=("a gym", "academia")),
    _attribute("laundry", r"\blavander\w*|\blaundry|\blavadora", evidence=r"\blavander", yes=("a laundry", "lavanderia")),
    _attribute("barbecue", r"\bquinchos?\b|\bbarbecue|\bbbq\b|\bchurrasqueira", evidence=r"\bquincho", yes=("a barbecue area", "churrasqueira")),
    _attribute("concierge", r"\bconserj\w*|\bporter[io]\w*|\bguardias?\b|\bconcierge|\bdoorman|\bseguridad\b|\bsecurity|\bportaria", evidence=r"\bconserj|\bguardia", yes=("a concierge or guard", "portaria ou segurança")),
    _attribute("furnished", r"\bmuebl\w*|\bamoblad\w*|\bamueblad\w*|\bfurnished|\bmobiliad\w*", key="furnished",
               says=("viene amoblado: {}", "is furnished: {}", "é mobiliado: {}"), evidence=r"\bamoblad|\bamueblad", yes=("furniture: it comes furnished", "móveis: é mobiliado")),
    _attribute("heating", r"\bcalefac\w*|\bheating|\baquecimento", evidence=r"\bcalefac", yes=("heating", "aquecimento")),
    _attribute("elevator", r"\bascensor\w*|\belevator|\belevador|\blift\b", evidence=r"\bascensor"),
    _attribute("service_room", r"\b(?:pieza|dormitorio|cuarto|habitacion) de servicio|\bmaid'?s? room|\bquarto de (?:servico|empregada)", evidence=r"\bdormitorio de servicio|\bpieza de servicio", yes=("a service bedroom", "quarto de serviço")),
    _attribute("suite", r"\ben suite\b|\bsuites?\b", evidence=r"\bsuite", yes=("an en-suite bedroom", "suíte")),
    _attribute("floor", r"\b(?:que|en que|cual|numero de) piso\b|\bpiso (?:esta|es|queda)\b|\bwhich floor|\bwhat floor|\b(?:que|qual) andar\b", key="floor",
               says=("está en el piso {}", "is on floor {}", "fica no andar {}"), evidence=r"\bpiso \d"),
    _attribute("orientation", r"\borienta\w*|\bda al (?:norte|sur|oriente|poniente)|\basoleamiento|\bllega (?:el )?sol\b|\bfacing\b|\b(?:nor|sur)(?:oriente|poniente)\b", key="orientation",
               says=("tiene orientación {}", "faces {}", "tem orientação {}"), evidence=r"\borientacion \w|\b(?:nor|sur)(?:oriente|poniente)\b"),
    _attribute("extension", r"\bampliar\w*|\bampliable|\bampliacion|\bextend(?:ed)?\b|\bampliado", evidence=r"\bamplia", yes=("room for an extension", "possibilidade de ampliação")),
    _attribute("view", r"\bvistas?\b|\bview\b", evidence=r"\bvista ", yes=("a view", "vista")),
    _attribute("delivery", r"\bentreg\w*|\bcuando (?:esta\w*|lo|la) (?:list|termin)\w*|\besta\w* list[ao]s?\b|\bhabitar\b|\bmove in\b|\bdelivery|\bhanded over|\bready\b|\bpronto para morar|\bentrega\b", key="",
               evidence=r"\bentrega (?:inmediata|en|el|estimada|futura|para)|\ben verde\b|\ben blanco\b|\bsemestre\b"),
    _attribute("rent", r"\barriendo (?:estimado|mensual|actual)|\b(?:lo|la) arriend\w*|\barriend\w* (?:\w+ ){0,4}?(?:cuanto|paga)|\b(?:cuanto|que) (?:\w+ ){0,5}?(?:arriend\w*|rent[ae]\w*|deja|paga el arrendatario|paga de arriendo)|\brentabilidad|\barrendatari\w*|\b(?:esta|viene|queda) arrendad\w*|\brent(?:al|ed)?\b|\btenant|\binquilin|\baluguel",
               evidence=r"\barriendo estimado|\barrendatari|\barriendo de\b"),
    _attribute("metro", r"\bmetro\b|\bsubway|\bestacion(?:es)? (?:de metro|cerca)", evidence=r"\bmetro \w|\bdel metro\b"),
    _attribute("beach", r"\bplaya\b|\bbeach|\bpraia", evidence=r"\bplaya"),
    _attribute("school", r"\bcolegios?\b|\bescuelas?\b|\bschools?\b|\bescolas?\b", evidence=r"\bcolegios?\b", yes=("schools nearby", "escolas por perto")),
    _attribute("year", r"\b(?:que|cuantos) anos? (?:tiene|es|de)|\bano de construc\w*|\bantiguedad del? (?:edificio|depto|casa)|\bbuilt\b", key="year",
               says=("es del año {}", "was built in {}", "é do ano {}")),
    _attribute("bathrooms", r"\bbanos?\b|\bbathrooms?|\bbanheiros?|\bbaths?\b", key="bathrooms",
               says=("tiene {} baños", "has {} bathrooms", "tem {} banheiros")),
    _attribute("bedrooms", r"\bdormitorios?|\bpiezas?\b|\bhabitacion\w*|\bcuartos?\b|\bbedrooms?|\bquartos?\b|\bdorms?\b", key="bedrooms",
               says=("tiene {} dormitorios", "has {} bedrooms", "tem {} quartos")),
    _attribute("m2", r"\bmetros?\b|\bm2\b|\bmts2?\b|\bsuperficie|\btamano\b|\b(?:que|q) tan grande|\bcuanto mide|\bcuan grande|\bhow (?:big|large)|\bsquare (?:met|feet)\w*|\bsize\b|\bmetragem|\btamanho|\bquantos m\b", key="m2",
               says=("tiene {}", "has {}", "tem {}")),
    _attribute("state", r"\b(?:esta|sigue|aun esta|todavia esta|queda) (?:\w+ )?(?:disponible|en venta|a la venta)|\bdisponible\b|\bya se vendio|\b(?:still )?available\b|\bdisponivel", key="available",
               says=("{}", "{}", "{}")),
    _attribute("place", r"\bdonde (?:queda|esta|se ubica|es|se encuentra|estaria)|\bubica\w*|\bdireccion\b|\bque (?:comuna|sector|barrio|calle)|\bwhere\b|\baddress|\bonde (?:fica|e)\b|\bendereco|\bbairro", key="place",
               says=("queda en {}", "is in {}", "fica em {}")),
    _attribute("price", r"\bprecios?\b|\bvalor(?:es)?\b|\bcuanto (?:\w+ ){0,3}?(?:vale\w*|cuesta\w*|sale\w*|piden?|es|esta\w*|cuest\w*|seria|por)\b|\bcuanto\W*$|\ba cuanto\b|\ben cuanto\b|\bcuanto por\b|\bprice|\bhow much\b|\bcost|\bquanto (?:custa|e|esta|vale|sai)|\bpreco|\bpor cuanto\b", key="price",
               says=("está en {}", "is listed at {}", "está por {}")),
)  # fmt: skip

# Only by what a question is like among examples: their words are said of other things as well.
_GUESSED: tuple[Attribute, ...] = (
    _attribute("bicycles", r"\bbici\w*", evidence=r"\bbici\w*", yes=("bike storage", "bicicletário")),
    _attribute("irrigation", r"\briego\b", evidence=r"\briego\b", yes=("automatic irrigation", "irrigação automática")),
    _attribute("kitchen", r"\bcocinas?\b", evidence=r"\bcocina\b", yes=("a fitted kitchen", "cozinha")),
    _attribute("remodelled", r"\bremodel\w*", evidence=r"\b(?:remodelad|renovad|reformad)\w*", yes=("been renovated", "reforma recente")),
    _attribute("flooring", r"\bpiso (?:de|flotante)\b", evidence=r"\bpiso (?:flotante|de madera|ceramic\w+|laminado)|\balfombra|\bporcelanato|\bparquet"),
    _attribute("study", r"\bescritorio\b", evidence=r"\bescritorio\b|\bsala de estar\b|\bcowork\w*", yes=("a study or shared desk space", "escritório ou coworking")),
    _attribute("events_room", r"\bsala (?:de eventos|multiuso)\b", evidence=r"\bsala (?:de eventos|multiuso)\b|\bsalon de eventos\b", yes=("an events room", "salão de festas")),
    _attribute("playground", r"\bjuegos infantiles\b", evidence=r"\bjuegos (?:infantiles|de ninos)\b", yes=("a playground", "parquinho")),
    _attribute("park", r"\bparques?\b", evidence=r"\bparque\b|\bareas verdes\b|\bplaza (?:cerca|a)\b", yes=("a park or green areas nearby", "parque ou áreas verdes")),
    _attribute("type_of_house", r"\bparead\w*|\baislad\w*", evidence=r"\bparead\w*|\baislad\w*|\bcasa en condominio\b"),
    _attribute("home_mortgage", r"\bhipotec\w*", evidence=r"\bcredito hipotecario\b"),
    _attribute("home_subsidy", r"\bsubsidio\b", evidence=r"\bsubsidio\b|\bds ?\d{1,2}\b", yes=("the subsidy", "o subsídio")),
)  # fmt: skip
BY_NAME = {each.name: each for each in (*ATTRIBUTES, *_GUESSED)}
