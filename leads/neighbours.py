"""Which comunas of Chile's larger cities lie side by side: where a lead may look besides the one named."""

from collections.abc import Iterable

# Each of a city's comunas with those that touch it; only one of the two sides needs to be written.
_TOUCHING: dict[str, tuple[str, ...]] = {
    # Gran Santiago
    "Santiago": (
        "Providencia", "Ñuñoa", "San Joaquín", "San Miguel", "Pedro Aguirre Cerda", "Estación Central",
        "Quinta Normal", "Renca", "Independencia", "Recoleta",
    ),
    "Providencia": ("Recoleta", "Vitacura", "Las Condes", "La Reina", "Ñuñoa"),
    "Ñuñoa": ("La Reina", "Peñalolén", "Macul", "San Joaquín"),
    "Las Condes": ("Vitacura", "Lo Barnechea", "La Reina"),
    "Vitacura": ("Lo Barnechea", "Huechuraba", "Recoleta"),
    "Lo Barnechea": ("Colina", "Huechuraba"),
    "La Reina": ("Peñalolén",),
    "Peñalolén": ("Macul", "La Florida"),
    "Macul": ("San Joaquín", "La Florida"),
    "La Florida": ("San Joaquín", "La Granja", "La Pintana", "Puente Alto"),
    "San Joaquín": ("San Miguel", "La Granja", "San Ramón"),
    "San Miguel": ("Pedro Aguirre Cerda", "La Cisterna", "San Ramón", "Lo Espejo"),
    "Pedro Aguirre Cerda": ("Estación Central", "Cerrillos", "Lo Espejo"),
    "La Cisterna": ("San Ramón", "El Bosque", "Lo Espejo"),
    "San Ramón": ("La Granja", "La Pintana", "El Bosque"),
    "La Granja": ("La Pintana",),
    "El Bosque": ("La Pintana", "San Bernardo", "Lo Espejo"),
    "Lo Espejo": ("Cerrillos", "San Bernardo"),
    "La Pintana": ("Puente Alto", "San Bernardo"),
    "Puente Alto": ("Pirque", "San Bernardo", "San José de Maipo"),
    "San Bernardo": ("Cerrillos", "Maipú", "Calera de Tango", "Buin", "Pirque"),
    "Cerrillos": ("Estación Central", "Maipú"),
    "Estación Central": ("Quinta Normal", "Lo Prado", "Pudahuel", "Maipú"),
    "Maipú": ("Pudahuel", "Padre Hurtado", "Calera de Tango"),
    "Pudahuel": ("Lo Prado", "Cerro Navia", "Renca", "Quilicura", "Lampa", "Curacaví"),
    "Lo Prado": ("Quinta Normal", "Cerro Navia"),
    "Quinta Normal": ("Cerro Navia", "Renca"),
    "Cerro Navia": ("Renca",),
    "Renca": ("Quilicura", "Conchalí", "Independencia"),
    "Independencia": ("Conchalí", "Recoleta"),
    "Recoleta": ("Conchalí", "Huechuraba"),
    "Conchalí": ("Huechuraba", "Quilicura"),
    "Huechuraba": ("Quilicura", "Colina"),
    "Quilicura": ("Colina", "Lampa"),
    "Colina": ("Lampa", "Tiltil"),
    "Padre Hurtado": ("Peñaflor", "Calera de Tango"),
    "Peñaflor": ("Talagante", "El Monte", "Calera de Tango"),
    "Buin": ("Paine", "Pirque", "Calera de Tango"),
    # Gran Valparaíso
    "Viña del Mar": ("Valparaíso", "Concón", "Quilpué"),
    "Quilpué": ("Villa Alemana", "Valparaíso"),
    "Concón": ("Quintero",),
    "Villa Alemana": ("Limache",),
    # Gran Concepción
    "Concepción": ("Talcahuano", "Hualpén", "Penco", "Chiguayante", "San Pedro de la Paz", "Florida", "Hualqui"),
    "Talcahuano": ("Hualpén", "Penco"),
    "San Pedro de la Paz": ("Coronel",),
    "Chiguayante": ("Hualqui",),
    "Penco": ("Tomé",),
    # Otras ciudades de varias comunas
    "La Serena": ("Coquimbo",),
    "Iquique": ("Alto Hospicio",),
    "Temuco": ("Padre Las Casas",),
    "Rancagua": ("Machalí", "Graneros", "Olivar"),
    "Chillán": ("Chillán Viejo",),
    "Puerto Montt": ("Puerto Varas",),
    "Puerto Varas": ("Llanquihue",),
}  # fmt: skip


def _both_ways() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for comuna, others in _TOUCHING.items():
        for other in others:
            found.setdefault(comuna, set()).add(other)
            found.setdefault(other, set()).add(comuna)
    return {comuna: frozenset(others) for comuna, others in found.items()}


NEIGHBOURS = _both_ways()


def around(places: Iterable[str]) -> frozenset[str]:
    """The comunas beside these, without these themselves."""
    named = frozenset(places)
    return frozenset[str]().union(*(NEIGHBOURS.get(each, ()) for each in named)) - named
