"""What the demo's brokers know: listings, subsidies, policies and frequent questions."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from crm.demo import Context
from knowledge import lexical
from knowledge.models import EmbedStatus, Figure, FigureKind, KnowledgeEntry, SourceType


@dataclass(frozen=True)
class Text:
    title: str
    content: str
    source_type: str
    metadata: dict[str, Any] = field(default_factory=dict)


def _property(
    code: str,
    title: str,
    comuna: str,
    *,
    uf: int,
    bedrooms: int,
    bathrooms: int,
    m2: int,
    expenses: int,
    more: str,
) -> Text:
    """A listing, its sentence of figures written from the same data as its metadata."""
    rooms = "1 dormitorio" if bedrooms == 1 else f"{bedrooms} dormitorios"
    baths = "1 baño" if bathrooms == 1 else f"{bathrooms} baños"
    costs = f"gastos comunes aproximados de ${expenses:,}".replace(",", ".") if expenses else ""
    figures = f"Comuna: {comuna}. Precio: UF {uf:,}".replace(",", ".")
    content = f"{figures}. {rooms}, {baths}, {m2} m² útiles{', ' + costs if costs else ''}. {more}"
    metadata = {
        "code": code,
        "price_uf": uf,
        "location": comuna,
        "bedrooms": bedrooms,
        "bathrooms": bathrooms,
        "m2": m2,
        "common_expenses_clp": expenses,
    }
    return Text(title, content, SourceType.PROPERTY, metadata)


LISTINGS = (
    _property(
        "AP-101", "Departamento Plaza Ñuñoa, 2 dormitorios", "Ñuñoa",
        uf=4_250, bedrooms=2, bathrooms=2, m2=58, expenses=95_000,
        more="Entrega inmediata, a cuatro cuadras del metro Ñuñoa. Terraza, estacionamiento y bodega incluidos. "
        "Edificio con gimnasio, quincho y lavandería.",
    ),
    _property(
        "AP-102", "Departamento Metro Irarrázaval, 1 dormitorio", "Ñuñoa",
        uf=2_980, bedrooms=1, bathrooms=1, m2=36, expenses=68_000,
        more="Ideal para inversión: arriendo estimado de $420.000 mensuales. A pasos del metro Irarrázaval. "
        "Estacionamiento opcional por UF 350.",
    ),
    _property(
        "AP-103", "Departamento Pedro de Valdivia, 3 dormitorios", "Providencia",
        uf=7_400, bedrooms=3, bathrooms=2, m2=92, expenses=180_000,
        more="Piso 9 con orientación norponiente, calefacción central y piso flotante. Dos estacionamientos y "
        "bodega. A tres cuadras del parque y del metro Pedro de Valdivia.",
    ),
    _property(
        "AP-104", "Departamento Los Leones, 2 dormitorios", "Providencia",
        uf=5_690, bedrooms=2, bathrooms=2, m2=64, expenses=135_000,
        more="Remodelado en 2024, cocina integrada y logia. Un estacionamiento. Conserjería las 24 horas y piscina "
        "en la azotea.",
    ),
    _property(
        "AP-105", "Departamento Alonso de Córdova, 3 dormitorios en suite", "Las Condes",
        uf=11_900, bedrooms=3, bathrooms=3, m2=128, expenses=290_000,
        more="Más dormitorio de servicio, living con terraza de 20 m², vista a la cordillera, dos "
        "estacionamientos y bodega. Piscina temperada y sala de eventos.",
    ),
    _property(
        "AP-106", "Casa en condominio Quilín, 4 dormitorios", "Peñalolén",
        uf=9_850, bedrooms=4, bathrooms=3, m2=140, expenses=110_000,
        more="Terreno de 280 m² con patio, jardín con riego automático, quincho y tres estacionamientos. Condominio "
        "cerrado con guardia y áreas verdes.",
    ),
    _property(
        "AP-107", "Departamento Vicuña Mackenna, 2 dormitorios", "La Florida",
        uf=2_390, bedrooms=2, bathrooms=1, m2=49, expenses=62_000,
        more="Proyecto con subsidio DS19, entrega en el segundo semestre. A cinco minutos del metro Bellavista de "
        "La Florida. Juegos infantiles y sala multiuso.",
    ),
    _property(
        "AP-108", "Casa pareada El Abrazo, 3 dormitorios", "Maipú",
        uf=3_950, bedrooms=3, bathrooms=2, m2=78, expenses=0,
        more="Antejardín y patio de 45 m², ampliación posible, sin gastos comunes. Cerca de colegios y del metro "
        "Plaza de Maipú.",
    ),
    _property(
        "AP-109", "Departamento Gran Avenida, 2 dormitorios", "San Miguel",
        uf=3_150, bedrooms=2, bathrooms=1, m2=52, expenses=75_000,
        more="Entrega inmediata, frente al metro Lo Vial. Terraza, bodega y bicicletero. Admite crédito hipotecario "
        "de hasta el 80 % del valor.",
    ),
    _property(
        "AP-110", "Estudio Santa Isabel", "Santiago",
        uf=2_150, bedrooms=1, bathrooms=1, m2=28, expenses=58_000,
        more="Monoambiente amoblado en Santiago Centro, con arrendatario vigente que paga $330.000 al mes. Cowork y "
        "lavandería en el edificio.",
    ),
    _property(
        "AP-111", "Casa Chicureo Piedra Roja, 4 dormitorios", "Colina",
        uf=14_500, bedrooms=4, bathrooms=4, m2=190, expenses=160_000,
        more="Casa mediterránea con piscina, terreno de 600 m², escritorio y sala de estar. A diez minutos del "
        "colegio y de la laguna.",
    ),
    _property(
        "AP-112", "Departamento Reñaca vista al mar, 2 dormitorios", "Viña del Mar",
        uf=6_100, bedrooms=2, bathrooms=2, m2=70, expenses=145_000,
        more="Segunda vivienda o arriendo de temporada: terraza con vista al océano, a seis cuadras de la playa, "
        "piscina exterior y estacionamiento.",
    ),
)  # fmt: skip

GUIDES = (
    Text(
        "Subsidio DS1 para sectores medios",
        "El subsidio DS1 del Estado ayuda a comprar una vivienda nueva o usada. Tramo 1: viviendas de hasta UF 1.100 "
        "y ahorro mínimo de UF 30. Tramo 2: hasta UF 1.600 y ahorro de UF 40. Tramo 3: hasta UF 2.200 y ahorro de "
        "UF 80. Para postular se necesita una cuenta de ahorro para la vivienda con 12 meses de antigüedad, estar en "
        "el Registro Social de Hogares y no ser dueño de otra vivienda. Los llamados son dos veces al año. La "
        "asignación depende del Minvu: te orientamos, sin garantizar el resultado.",
        SourceType.SUBSIDY,
        {"program": "DS1"},
    ),
    Text(
        "Subsidio DS19 de integración social y territorial",
        "El DS19 permite comprar en proyectos nuevos adscritos, como Vicuña Mackenna en La Florida. Sirve "
        "a familias vulnerables y de sectores medios; los valores van de UF 1.100 a UF 2.400 y suma un bono por "
        "integración de hasta UF 300 y un bono por captación. No hay que postular aparte: se reserva directamente en "
        "el proyecto si cumples los requisitos de ahorro y de Registro Social de Hogares.",
        SourceType.SUBSIDY,
        {"program": "DS19"},
    ),
    Text(
        "Política de reserva",
        "Una propiedad se reserva con $300.000, que se descuentan del precio. La reserva la saca de la venta por 7 "
        "días corridos mientras se prepara la promesa de compraventa. Si el banco rechaza el crédito o el estudio de "
        "títulos tiene reparos, se devuelve completa en 5 días hábiles.",
        SourceType.POLICY,
    ),
    Text(
        "Pie y formas de pago",
        "Lo habitual es un pie del 20 % del valor; en proyectos en verde puede pagarse en hasta 36 cuotas sin "
        "interés. Con subsidio el pie baja al 10 %. El saldo se paga con crédito hipotecario o al contado. Trabajamos "
        "con varios bancos y la evaluación no tiene costo.",
        SourceType.POLICY,
    ),
    Text(
        "Comisión de corretaje",
        "En la compra de propiedades usadas la comisión es del 2 % más IVA y se paga al firmar la escritura. En "
        "proyectos nuevos el comprador no paga comisión: la asume la inmobiliaria. En arriendos es medio mes de renta "
        "más IVA.",
        SourceType.POLICY,
    ),
    Text(
        "Mascotas",
        "Los departamentos y casas que vendemos admiten mascotas; cada reglamento de copropiedad fija condiciones de "
        "tránsito por espacios comunes. En arriendos depende del dueño: se acepta un perro o gato pequeño con una "
        "garantía adicional.",
        SourceType.POLICY,
    ),
    Text(
        "Requisitos y documentos para un crédito hipotecario",
        "El banco suele pedir las tres últimas liquidaciones de sueldo (seis si la renta es variable), certificado de "
        "cotizaciones de AFP de 12 meses, cédula de identidad vigente y antigüedad laboral de un año. Los "
        "independientes presentan las dos últimas declaraciones de renta y boletas. El dividendo no debe superar el "
        "25 % de la renta líquida; se puede complementar renta con la pareja. La decisión es siempre del banco.",
        SourceType.FAQ,
    ),
    Text(
        "Oficina, horarios y visitas",
        "Atendemos de lunes a viernes de 9:30 a 18:30 y los sábados de 10:00 a 14:00 en Avenida Providencia 1650, "
        "oficina 1203, Providencia, a pasos del metro Manuel Montt. Las visitas a propiedades se agendan con al menos "
        "dos horas de anticipación, duran cerca de una hora y no tienen costo.",
        SourceType.FAQ,
    ),
)

RIVAL = (
    Text(
        "Casa San Carlos de Apoquindo, 5 dormitorios",
        "Comuna: Las Condes. Precio: UF 21.000. 5 dormitorios, 4 baños, 240 m², piscina y quincho.",
        SourceType.PROPERTY,
        {"code": "CN-1", "price_uf": 21_000, "location": "Las Condes", "bedrooms": 5},
    ),
    Text(
        "Política de reserva Costa Norte",
        "La reserva es de $500.000 y dura 10 días corridos.",
        SourceType.POLICY,
    ),
    Text(
        "Mascotas en Costa Norte",
        "Solo se aceptan mascotas en casas, nunca en departamentos.",
        SourceType.POLICY,
    ),
)


# Of the demo alone: an installation's own are entered in Admin.
INDICATORS = ((FigureKind.UF, 39_700), (FigureKind.UTM, 69_500))


def seed(context: Context) -> None:
    """Entries are embedded locally, at once; the sweep gives them a vendor's vectors later."""
    Figure.objects.bulk_create(
        Figure(
            broker=broker,
            kind=kind,
            low=value,
            source="Valor de la demostración",
            as_of=context.at.date(),
        )
        for broker in (context.broker, context.rival)
        for kind, value in INDICATORS
    )
    KnowledgeEntry.objects.bulk_create(
        [
            *[_entry(context, context.broker, text) for text in (*LISTINGS, *GUIDES)],
            *[_entry(context, context.rival, text) for text in RIVAL],
        ]
    )


def _entry(context: Context, broker: Any, text: Text) -> KnowledgeEntry:
    entry = KnowledgeEntry(
        broker=broker,
        title=text.title,
        content=text.content,
        source_type=text.source_type,
        metadata=text.metadata,
        embed_status=EmbedStatus.READY,
        embedding_model=lexical.MODEL,
        created_at=context.at - timedelta(days=context.rng.randint(20, 60)),
    )
    entry.content_hash = entry.fingerprint
    entry.read_listing()
    entry.embedding = lexical.embed(entry.embedded_text)
    return entry
