"""Reads whether a lead buys or rents, with which animal, ready when, and with which subsidy."""

import re

from crm.patterns import scanner
from llm.spanish.meaning import Delivery, Operation, Subsidy

_WISH = r"(?:quier[oae]\w*|kiero|quer[ei]\w+|quisier\w+|busc\w+|necesit\w+|pienso|pensando|interesad[oa]s?|vamos|voy|deseo|gustaria|me interesa|want|need|looking|would like|quero|procuro|preciso|gostaria|esper(?:o|amos))"
_BUY = scanner(
    rf"\b{_WISH}\b(?: [a-z']+){{0,4}}? (?:comprar\w*|adquirir|invertir|buy(?:ing)?|purchase)\b|\b(?:para|pa|por|de|puedo|podria|podemos) (?:comprar|invertir|adquirir)\b"
    r"|\b(?:compramos|compraria(?:mos)?|compremos|buying|comprando)\b|\bcomprar (?:mi|nuestr[oa]|un[ao]?|algo|por|a nombre|en|el|la|casa|depto|departamento|propiedad|vivienda)\b"
    r"|\bcompro (?:con|una?|el|la|casa|depto|algo|al|en)\b|\bmejor (?:compro|comprar|compramos)\b|\bpara compra\b|\b(?:quiere|busca|quere) compra\b"
    r"|\b(?:es|seria) (?:para )?(?:comprar|compra)\b|\ben (?:compra|venta)\b|^\W*(?:comprar|compra|buy|comprar,? no arrendar)\W*$"
)
_RENT = scanner(
    rf"\b{_WISH}\b(?: [a-z']+){{0,4}}? (?:arrendar\w*|arriendo|alquil\w+|rentar|rent(?:ing)?|alugar|aluguel|lease)\b|\b(?:(?:en|de|para) (?:arriendo|alquiler|aluguel|arrendar|alquilar|rentar)|(?:en|para) renta)\b(?! (?:corto|temporal|por dia))"
    r"|\bsi (?:les |te )?(?:arriendo|arrendamos|arrendara) (?:con (?:ustedes|uds)|por ustedes|una?)\b"
    r"|\b(?:for|to) rent\b|\brenting\b|^\W*(?:arriendo|arrendar|alquiler|alquilar|rent)\W*$|\b(?:tienen?|hay|ofrecen)(?: [a-z]+){0,3} (?:arriendos?|alquiler(?:es)?)\b|\barrend(?:o|amos) (?:por|desde|a partir)\b"
)
_NOT_RENT = scanner(
    r"\d(?: mil| lucas)? de arriendo\b|\b(?:no|not|nada de|en vez de|dejar de|cansad[oa] de|aburrid[oa] de) (?:quiero |busco |es |para |de )?(?:arrendar|arriendo|arriendos|rent\w*|alquil\w*|pagar arriendo)\b|\b(?:vivo|estoy|vivimos|estamos) (?:\w+ )?(?:de|en|con) arriendo\b"
    r"|\b(?:contrato|garantia|mes(?:es)?|pago|pagando|valor|plata|paga|pagar|deja|gano|gana) (?:\w+ )?(?:de |en |del )?arriendo\b|\b(?:pago|pagamos|pagando|gasto|gastamos|se va[n]?|boto|botando) (?:\w+ ){1,3}de arriendo\b|\b(?:mi|el|su) arriendo\b|\b(?:dar|dejar|poner|entregar|para dar)(?:lo|la)? (?:en|a) arriendo\b|\binver\w+|\bpara arrendar(?:lo|la)\b"
)
_NOT_BUY = scanner(
    r"\b(?:no|not) (?:quiero |puedo |voy a |es |para |es para |want to )?(?:comprar|buy|buying|compra|compramos|compraremos)\b|\bcomprar mas adelante\b"
)
_TO_RENT = r"(?:arrendar|arriendo|arriendos|arrendamos|alquilar|alquiler)"
_RATHER = r"\b(?:mejor|prefiero|preferimos|preferiria|al final|finalmente|decidimos|decidi|optamos por|ahora (?:es|seria|busco|buscamos|queremos|quiero)|vamos a|voy a)(?: (?:por|en|a|es|seria|vamos a|solo|un|en))?"
_RATHER_RENT = scanner(rf"{_RATHER} {_TO_RENT}\b(?! (?:o|u|que) (?:compr|hipot))")
_RATHER_BUY = scanner(rf"{_RATHER} (?:compr(?:ar|o|amos)|compra)\b(?! (?:o|u) {_TO_RENT})")
_ASKS = scanner(
    r"\b(?:arriendan|arriendas|alquilan|ustedes arriendan|do you rent|trabajan con arriendo)\b"
)

_BREEDS = r"gran(?:des)? danes(?:es)?|beagles?|pugs?|rott?weilers?|huskys?|huskies|salchichas?|chihuahuas?|maltes(?:es)?|schnauzers?|boxers?|pit ?bulls?|border collies?|shih ?tzus?|dobermans?|galg[oa]s?|cocker|terriers?|akitas?"
_PET = (
    r"(?:perr(?:o|a|it[oa]|et)s?|quiltr[oa]s?|gat(?:o|a|it[oa])s?|mascotas?|mascotita|poodle|bulldog|golden|labrador|pastor aleman|yorkshire|conej[oa]s?|michis?|cachorros?|perrit[oa]s|guaguau"
    r"|dogs?|cats?|puppy|kitten|pets?|cachorr[oa]s?|animal(?:es|itos)?|hamster|loro|tortuga|peludit[oa]s?|peludos?|cao|caes|chien|"
    + _BREEDS
    + ")"
)
_HAS_PET = scanner(
    rf"\b(?:teng[oa]|tenemos|tiene|tenga|con|somos|viene|va con|vivo con|traigo|llevo|viaja|mi|mis|nuestr[oa]s?|my|our|have|has|tenho|temos|meu|minha|un|una|dos|tres|2|3)(?: (?:un|una|uno|dos|tres|cuatro|1|2|3|4|mi|mis|a|an|one|two|um|uma|big|small|lind[oa]|bebe|big old|golden))?(?: [a-z]+)? {_PET}\b"
    rf"|\b{_PET} (?:grandes?|chic[oa]s?|median[oa]s?|pequen[oa]s?|viejit[oa]|regalon[ae]?s?|de raza|adoptad[oa]s?)\b|\b(?:patio|espacio|lugar|jardin) (?:amplio |grande )?para (?:el|la|los|las|mi|mis|nuestr[oa]s?) {_PET}\b|\b(?:y|mas|con|somos) (?:[1-6]|una?|dos|tres|cuatro) {_PET}\b|\bes un (?:quiltro|perro|perrito|gato|gatito|poodle)\b"
)
_NO_PET = scanner(
    rf"\b(?:no (?:tengo|tenemos|traigo|hay|have)|sin|ningun[ao]?|don'?t have|no) (?:\w+ )?{_PET}\b|\bno pets\b|\bmascotas?:? no\b"
)
_NOT_MINE = scanner(
    rf"\b(?:{_PET}) (?:de los|del|de la|de mi) (?:vecin|otr|suegr|lado|herman)\w*|\bpara (?:un amigo|mi amig)|\b(?:poema|cuento|chiste) (?:sobre|de) {_PET}\b"
)
_NOW = scanner(
    r"\bentrega (?:\w+ )?inmediata\b|\binmediata entrega\b|\b(?:list[oa]|terminad[oa]|disponible|entregad[oa])s? (?:para|pa) (?:vivir|habitar|entrar|llegar|cambiar\w*|ocupar)\b|\b(?:llegar y|entrar a) (?:vivir|habitar|ocupar)\b"
    r"|\b(?:no|nada) (?:quiero |me sirve |busco |puedo )?(?:en )?(?:verde|blanco)\b|\b(?:que este|ya|este) (?:construid[oa]|list[oa]|terminad[oa])\b|\bready to move\b|\bmove[- ]in ready\b|\bpronto para morar\b|\bentrega ya\b"
)
_LATER = scanner(
    r"\b(?:prefiero|puede ser|busco|quiero|acepto|me sirve|ojala|mejor|algo|uno|proyecto)(?: [a-z]+){0,3} (?:en (?:verde|blanco|construccion|pozo)|entrega futura)\b|\bpuedo esperar (?:\w+ ){0,4}?(?:entrega|anos?|meses|construy|termin|verde|blanco)\w*"
    r"|\bno (?:me )?importa (?:esperar|que (?:este|sea) en (?:verde|blanco|construccion))|\bentrega futura\b(?! no)|\bcan wait\b|\boff[- ]plan\b"
)
_ASKED_READY = scanner(r"\?|\bes (?:de )?entrega|\btiene entrega|\bes inmediata")
_NONE = scanner(
    r"\b(?:sin|no (?:tengo|uso|voy a usar|cuento con|quiero usar|postulo a|necesito)) (?:el |un |ningun )?subsidio\b|\bsubsidio:? no\b"
)
_HAS = r"(?:tengo|tenemos|teni\w+|con|uso|usar(?:e|ia)?|usando|gan[eo]\w*|salio|me salio|adjudi\w+|sali|aprobad[oa]|mi|quiero usar|voy a usar|vamos a usar|pienso usar|beneficiari[oa] del?|saque|obtuve|have|postul\w+)"
_DS19 = scanner(
    rf"\b{_HAS}(?: [a-z]+){{0,4}} ds ?-?19\b|\bds ?-?19(?: [a-z]+){{0,2}} (?:aprobado|adjudicado|listo|en mano)"
)
_DS1 = scanner(
    rf"\b{_HAS}(?: [a-z]+){{0,4}} ds ?-?0?1\b|\bds ?-?0?1(?: [a-z0-9]+){{0,3}} (?:aprobado|adjudicado|listo|en mano)"
)


def find_operation(folded: str) -> Operation | None:
    """Of both the purchase, for who pays rent today wants to buy; nothing of a question about rents.

    A change of mind names what they would rather do.
    """
    if _RATHER_RENT.search(folded) and not _RATHER_BUY.search(folded):
        return None if _NOT_RENT.search(folded) else "rent"
    buys = _BUY.search(folded) and not _NOT_BUY.search(folded)
    rents = _RENT.search(folded) and not _NOT_RENT.search(folded)
    if buys:
        return "buy"
    return "rent" if rents or _ASKS.search(folded) else None


def has_pets(folded: str) -> bool | None:
    if _NO_PET.search(folded):
        return False
    return True if _HAS_PET.search(folded) and not _NOT_MINE.search(folded) else None


def find_delivery(folded: str) -> Delivery | None:
    """A wish, and not whether one property is ready."""
    if _LATER.search(folded):
        return "can_wait"
    wished = [line for line in re.split(r"[\n.!]", folded) if not _ASKED_READY.search(line)]
    return "immediate" if any(_NOW.search(line) for line in wished) else None


def find_subsidy(folded: str) -> Subsidy | None:
    if _NONE.search(folded):
        return "none"
    if _DS19.search(folded):
        return "DS19"
    return "DS1" if _DS1.search(folded) else None
