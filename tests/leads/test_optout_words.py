"""What asks to be left alone and what only sounds like it: both sides, in words not taught."""

import pytest

from leads.optout import asked

STOPS = """
bájenme de su lista
déjenme tranquila
no sigan escribiendo
please stop messaging me
no me manden más cosas por favor
ya po córtenla con los mensajes
sáquenme de sus contactos porfis
elimínenme de su base
paren de escribirme a esta hora, borren mi contacto
bájame de tu difusión
no continúen llamándome
no siga insistiendo señorita, ya le dije que no
les pido que me dejen en paz
don't message me ever again
quit texting this number
please take my number off your list
remove me from this list please
pare de me ligar
não me mandem mais nada
me tirem dessa lista
nos dejan tranquilos por favor? no escriban más
ya arrendé, no manden más avisos porfa gracias igual
esto es spam, los voy a reportar si vuelven a escribir
quién les dio mi número?? elimínenme de sus contactos
dejen de mandar publicidad
no quiero nada de ustedes
no quiero más correos
quiero desuscribirme de esto
hasta cuándo escriben, no me interesa, no me hablen más
denme de baja por favor
""".strip().splitlines()
GOES_ON = """
no quiero nada con puente alto
no quiero perder mi cupo
no me llames antes de las 6
no me llamen a la pega, escríbanme nomás
no quiero nada en primer piso
no quiero nada cerca de la autopista
no quiero nada que tenga gastos comunes altos
bájame el precio y la compro
bájenme un poco la comisión jaja
déjame tranquila que lo piense este finde y te digo
déjenme ver la casa primero
saca la florida de la lista de comunas
borra mi teléfono anterior, este es el nuevo
no sigas buscando en maipú, mejor en cerrillos
para de llover y voy a verla
paren, me confundí: son 3 dormitorios
no me escribas tan formal jaja
no me hablen de usted
cancelen la visita del sábado
no voy a poder ir mañana
don't call me before 6
stop, I meant Ñuñoa and not Maipú
no more than 3000 uf please
não quero mais de dois quartos
no molesto más, solo dime el precio
no quiero más de 2 dormitorios
no quiero información de arriendos, quiero comprar
me bajo de la micro y te llamo
vivo en Puente Alto
el piso más bajo posible
me dieron de baja en la pega pero tengo finiquito
deja de llover y vamos a verlo
un depto sin vecinos que molesten
""".strip().splitlines()


@pytest.mark.parametrize("text", STOPS)
def test_whoever_asks_to_be_left_alone_is(text: str) -> None:
    assert asked(text) is not None


@pytest.mark.parametrize("text", GOES_ON)
def test_what_only_sounds_like_it_is_no_opt_out(text: str) -> None:
    assert asked(text) is None
