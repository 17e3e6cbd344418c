"""Where a lead wants to live, and not where they are from, work, or will not go."""

import pytest

from llm.spanish.places import find_places


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("soy de Conce y busco en San Pedro de la Paz", ["San Pedro de la Paz"]),
        ("soy de conce", []),
        ("soy de Conce, busco en San Pedro", []),
        ("vivo en maipu hace 20 años, quiero irme a ñuñoa", ["Ñuñoa"]),
        ("trabajo en Providencia", []),
        ("trabajo en Providencia y busco depto en Macul", ["Macul"]),
        ("mi pega queda en Las Condes, ojalá La Reina", ["La Reina"]),
        ("Nos venimos de Antofagasta en febrero. Casa en Huechuraba o Quilicura", ["Huechuraba", "Quilicura"]),
        ("mi marido queda trabajando en Huechuraba, casa en Colina", ["Colina"]),
        ("trabajo en Las Condes, arriendo en Estación Central, y quisiera comprar por Quinta Normal", ["Quinta Normal"]),
        ("trabajo puertas adentro en Lo Barnechea", []),
        ("ella vive en Puente Alto asi q calcula", []),
        ("me quiero cambiar de Maipú a Ñuñoa", ["Ñuñoa"]),
        ("I live in Maipu but I'm looking in Providencia", ["Providencia"]),
        ("moro em Santiago e procuro em Ñuñoa", ["Ñuñoa"]),
        ("tengo mi casa en Colina y quiero algo en Vitacura", ["Vitacura"]),
        ("saludos desde Valdivia", []),
        ("Vivo en Maipú y me gustaría quedarme por acá", ["Maipú"]),
        ("ya compré en Macul, gracias", []),
        ("donde estan ubicados? en providencia?", []),
        ("la de acá de cerro navia tiene escalera, algo de un piso en maipú", ["Maipú"]),
        ("no me da para el de alonso de cordova", []),
        ("quiero arrendar en Santiago", ["Santiago"]),
        ("busco arriendo en San Miguel", ["San Miguel"]),
        ("tienen algo en calama?", ["Calama"]),
        ("me sirve Independencia, Recoleta o Conchalí, pero no Quilicura", ["Independencia", "Recoleta", "Conchalí"]),
        ("depas en ñuñowa o probidencia tienen??", ["Ñuñoa", "Providencia"]),
        ("casa en la reina, pero alta, no pegada a tobalaba", ["La Reina"]),
    ],
)  # fmt: skip
def test_a_place_of_origin_or_work_is_not_searched_for(text: str, places: list[str]) -> None:
    assert list(find_places(text)) == places


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("no quiero nada con puente alto, muy lejos. la florida si", ["La Florida"]),
        ("no quiero nada con puente alto", []),
        ("macul no ñuñoa", ["Macul"]),
        ("macul no, ñuñoa", ["Ñuñoa"]),
        ("ñuñoa si, macul no", ["Ñuñoa"]),
        ("cualquiera menos La Pintana, ojalá San Miguel", ["San Miguel"]),
        ("busco en maipu, no en cerrillos", ["Maipú"]),
        ("ni loco Santiago Centro", []),
        ("lejos de Recoleta, en La Reina", ["La Reina"]),
        ("mejor en Ñuñoa, Providencia está muy caro", ["Ñuñoa"]),
        ("mi suegra quiere que compremos en Maipú pero nosotros queremos en Quinta Normal jaja", ["Quinta Normal"]),
        ("no en Maipú sino en Cerrillos", ["Cerrillos"]),
        ("ya no en Renca, ahora en Quilicura", ["Quilicura"]),
        ("not in Maipu", []),
    ],
)  # fmt: skip
def test_a_place_that_is_refused_is_not_searched_for(text: str, places: list[str]) -> None:
    assert list(find_places(text)) == places


@pytest.mark.parametrize(
    ("text", "known", "places"),
    [
        ("saca providencia, carísimo", ["Providencia", "Ñuñoa"], ["Ñuñoa"]),
        ("ella dice que Macul no, queda lejos de su pega", ["Ñuñoa", "Macul"], ["Ñuñoa"]),
        ("mejor en macul", ["Ñuñoa"], ["Macul"]),
        ("tambien en macul", ["Ñuñoa"], ["Ñuñoa", "Macul"]),
        ("o macul", ["Ñuñoa"], ["Ñuñoa", "Macul"]),
        ("perdón, mejor en Ñuñoa, Providencia está muy caro", ["Providencia"], ["Ñuñoa"]),
        ("macul no, mejor san miguel", ["Ñuñoa", "Macul"], ["Ñuñoa", "San Miguel"]),
        ("macul no ñuñoa", ["Ñuñoa"], ["Macul"]),
        ("gracias", ["Ñuñoa"], []),
    ],
)
def test_a_message_puts_the_places_right(text: str, known: list[str], places: list[str]) -> None:
    assert list(find_places(text, known=known)) == places


def test_where_a_lead_lives_answers_the_question_where_if_nothing_else_does() -> None:
    assert find_places("vivo en maipu", asked=True) == ("Maipú",)
    assert find_places("vivo en maipu y busco en renca", asked=True) == ("Renca",)


def test_the_street_of_a_property_on_offer_is_no_wish_for_its_comuna() -> None:
    assert find_places("comparten comisión por el de alonso de cordova?", question=True) == ()
    assert find_places("cuánto mide el de la florida?", known=["Ñuñoa"], question=True) == ()
    assert find_places("tienen deptos en la florida?", known=["Ñuñoa"], question=True) == (
        "La Florida",
    )
