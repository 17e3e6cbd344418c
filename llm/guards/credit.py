"""No promise and no estimate that a bank will lend, nor that the State will grant a subsidy."""

import re

from crm.patterns import Pattern
from llm.guards.known import Known, Rule, Violation
from llm.guards.sentences import clauses, is_question, sentences, statement

CREDIT = Pattern(
    r"\b(?:creditos?|hipotec\w*|prestamos?|financ\w+|bancos?|bancari[ao]s?|leasing|mutuaria|(?:pre ?-?)?apr[ou]e?b\w*|dicom|deudas?|morosidad"
    r"|prest(?:an|en|aran|arian|a|ado|amos)|loans?|mortgages?|lend\w*|bank|app?rov\w*|financiamento|emprestimo|divida|califica\w*|evaluacion|evaluad[ao]|solicitud)\b"
)
_APPROVED = r"(?:pre ?-?)?aprobad[ao]s?"
_WILL_APPROVE = r"(?:pre ?-?)?aprueb[ae]n?|(?:pre ?-?)?aprob(?:aran?|arian?|aremos|amos|ar[ae]s?)|(?:pre ?-?)?aprobamos"
_OBTAIN = r"(?:obtener|acceder|optar|conseguir|sacar|pedir|tomar|tramitar|adquirir|lograr|postular|comprar|financiar)"
_LEND = r"(?:(?:otorg|prest|financi|conced|consegu|consig|gestion|sac|tramit)\w*|dan?|dio|dar(?:a|an|ia|ian|emos|te|le)?)"
_LOAN = r"(?:creditos?|hipotecario|hipoteca|prestamos?|financiamiento|banco|leasing)"
# What asserts an approval that nobody has given: barred to everybody, with a debt or without one.
ASSERTED = Pattern(
    rf"\b(?:estas|estaras|seras|quedar|salir|quedas?|quedaste|quedaras|saldras|sales|saliste|sale|salio|viene|esta|ya|tienes|queda) (?:\w+ ){{0,2}}{_APPROVED}\b"
    rf"|\b{_LOAN} (?:\w+ ){{0,3}}(?:{_APPROVED}|asegurado|garantizado|seguro|listo)\b|\baprobacion (?:\w+ )?(?:garantizad|asegurad|segur|inmediat|automatic)[ao]\b"
    rf"|\b(?:te|le|les) (?:{_WILL_APPROVE})\b|\b(?:te|le|les|lo|la) (?:pre ?-?)?aprob(?:amos|aremos)\b"
    rf"|\b(?:garantiz|asegur|promet)\w+ (?:\w+ ){{0,4}}(?:{_LOAN}|aprobacion|preaprobacion|aprueb\w*)\b"
    r"|\b(?:banco|mutuaria|financiera) (?:\w+ ){0,3}(?:dijo|dice) que +(?:si )?a (?:tu|su|el) |\b(?:banco|mutuaria|financiera) (?:\w+ ){0,3}(?:dio|da|dara) (?:\w+ ){0,2}(?:visto bueno|luz verde|ok)\b"
    r"|\b(?:you are|you 're|you're|you will be|you 'll be|you'll be|your \w+ is) (?:\w+ )?(?:pre ?-?)?approved\b|\bguarantee\w* (?:\w+ ){0,3}(?:loan|mortgage|approval|credit)\b"
    r"|\bguaranteed (?:approval|loan|mortgage|credit)\b|\b(?:credito|financiamento) (?:\w+ ){0,2}(?:aprovado|garantido)\b|\bsera aprovad[ao]\b"
)
# What says or guesses that a bank will lend: barred where a debt is known.
PROMISED = Pattern(
    rf"\b(?:te|le|les|nos|lo|la) (?:\w+ )?(?:van|va|vamos|podemos|puede|pueden|podrian|podria|iria|deberian|deberia) (?:a )?(?:\w+ )?(?:{_LEND}|aprobar\w*)\b"
    rf"|\b(?:te|le|les) (?:l[oa] )?(?:{_LEND}|{_WILL_APPROVE})\b|\b(?:credito|hipotecario|prestamo|p?r?e?aprobacion) (?:\w+ ){{0,2}}(?:sale|saldra|resulta|resultara)\b|\bte (?:sale|saldra|resulta|resultara) (?:\w+ ){{0,2}}{_LOAN}\b|\b(?:{_WILL_APPROVE})\b"
    rf"|\b(?:puedes|podras|podrias|podrian|vas a poder|vas a|lograrias|lograras|alcanzas? (?:a|para)|te alcanza (?:a|para)|se puede|podemos|es posible|seria posible"
    rf"|eres apt[ao] para|estas en condiciones de|calificas para|tienes (?:opcion|posibilidad|oportunidad|derecho|acceso)(?:es)? (?:de|a|para)|apt[ao] para)"
    rf" (?:\w+ ){{0,2}}?(?:{_OBTAIN}(?:te)?l[oa]s?\b|{_OBTAIN}(?:te|le|les)? (?:[\w.,]+ ){{0,5}}?(?:{_LOAN}|aprobacion|monto|uf|millones|dinero)\b)|\b(?:obtendras|obtendrias|conseguiras|conseguirias|tendras|tendrias|accederas|accederias|recibiras|lograrias) (?:\w+ ){{0,3}}{_LOAN}\b"
    rf"|\b(?:tienes|tendras) (?:\w+ )?{_LOAN}\b|\b(?:calificas|calificarias|calificaras|clasificas|precalificas|aplicas|eres sujeto|cumples|reunes|pasas|pasarias|pasaras)\b"
    rf"|\btu (?:perfil|renta|caso|situacion|capacidad|ingreso|sueldo) (?:\w+ ){{0,3}}(?:califica|alcanza|cumple|sirve|permite|basta|da para|es (?:bueno|apto|suficiente|viable))"
    rf"|\b(?:conseguimos|conseguiremos|conseguire|consigo|gestionamos|sacamos|obtenemos|tramitamos) (?:\w+ ){{0,4}}(?:{_LOAN}|aprobacion)\b"
    rf"|\baprobacion (?:\w+ ){{0,3}}(?:tramite|facil|rapida|segura|hecho)\b|\bbancos? que (?:\w+ ){{0,2}}(?:prest|acept|aprueb|financi|dan\b|trabaj)"
    rf"|\b(?:obtienen|consiguen|logran|sacan) (?:\w+ ){{0,2}}{_LOAN}\b|\bacept\w+ tu (?:solicitud|caso|credito)\b|\bsolicitud (?:\w+ ){{0,2}}(?:acept|aprob)ada\b"
    rf"|\balcanza para (?:\w+ ){{0,3}}{_LOAN}\b|\b(?:deberias|podrias|puedes|podras|vas a|iras a) (?:\w+ )?(?:pre)?(?:calificar|aplicar)\b|\bbien evaluad[ao]\b"
    r"|\byou ?(?:'d|'ll|would|will|can|could|should|may|might) (?:\w+ )?(?:qualify|get|obtain|borrow|be able)\b"
    r"|\b(?:bank|lender)s? (?:will|would|should|could) (?:\w+ )?(?:lend|approve|finance|give)\b"
    r"|\b(?:serias|seras) (?:sujeto|candidat[ao])|\bsujeto de credito\b|\b(?:viable|factible)\b"
)
LIKELY = Pattern(
    r"\b(?:segur[oa]s?|seguramente|probable|probablemente|probabilidad(?:es)?|chances?|posibilidad(?:es)?|buenas opciones|casi (?:segur\w+|fijo|list[oa])|fijo que"
    r"|sin problemas?|sin drama|no (?:hay|habra|habria|tendras|tendrias|deberias tener|deberia haber|tienes|sera|es|seria|va a haber) (?:\w+ ){0,2}(?:problemas?|drama|impediment\w+|obstacul\w+|inconvenient\w+|limitante|excluyente|lio)"
    r"|no (?:afecta\w*|influye|impide|te complica\w*)|dalo por hecho|cuenta con|\d{1,3} ?%|lo mas probable|deberia(?:n|s)? (?:\w+ )?(?:salir\w*|darte|resultar|aprobar\w*|prestarte|funcionar|poder)"
    r"|va a (?:salir|resultar|funcionar)|saldra (?:bien|todo)|se ve (?:bien|bueno|viable)|aceptan (?:\w+ ){0,2}con|trabajamos con (?:\w+ ){0,5}(?:dicom|deud\w+)|no (?:mira|revisa|pide|ve|considera)n? (?:tu |el |las? |los )?(?:dicom|deudas?|morosidad\w*|antecedentes)"
    r"|likely|probably|should be|shouldn ?'?t be|no problem|chance|you (?:can|could|will|would|'ll) (?:\w+ )?(?:get|qualify|obtain|borrow)|you qualify|com certeza|provavelmente|vai (?:conseguir|ser aprovad\w)|voce consegue|igual te)\b"
)
# Comforts by themselves; of a credit they promise.
COMFORT = Pattern(
    r"\b(?:no (?:importa|te preocupes|pasa nada)|tranquil[oa]|don ?'?t worry)\b.{0,80}\b(?:creditos?|hipotec\w*|prest\w*|apr[ou]e?b\w*|bancos?|financ\w+|loan|mortgage)\b"
)
HARMLESS = re.compile(
    r"\bte (?:damos|da|dan|daremos|daran|saco|tramito|gestion\w+|consig\w+) (?:\w+ ){0,2}(?:informacion|info|detalles?|orientacion|respuesta|asesoria|hora|opciones|una mano|datos|requisitos)\b"
    r"|\bte (?:va|van) a (?:pedir|preguntar|solicitar|exigir|revisar)\b.{0,80}|(?<!no es )(?<!no )\bdificil\w* (?:que |sea |se )?.{0,60}|"
    r"\b(?:no|nunca|tampoco|ni) (?:(?:te|le|les|se|nos|lo|la|me|es|esta|estan|van|va|vamos|a|siempre|todos|muchos|pueden?|podrian?|los bancos|el banco) ){0,4}"
    r"(?:[a-z]{0,4}(?:aprob|aprueb|prest|otorg|financi|garanti|asegur|promet|calific|cumpl|conced|dan\b|dar\b|posible|conseg|consig|puedes|podras|podrias|viable)\w*)"
    r"|\b(?:no (?:puedo|podemos|te puedo|le puedo|podria|me es posible|depende de mi|sabria|sabemos|se)|can ?'?t|cannot|nao posso)\b.{0,120}"
    r"|\b(?:si|cuando|una vez|apenas|antes de que|hasta que|para que|en caso de que|siempre que|whether|if|once|when|quando) .{0,120}"
    r"|\b(?:quien(?:es)?|el banco|los bancos|ellos|ella|cada banco|la institucion|un ejecutivo|una ejecutiva|el ejecutivo|una persona|ejecutivos) (?:\w+ ){0,3}?(?:decid\w+|defin\w+|evalu\w+|revis\w+|analiz\w+|resolv\w+|determin\w+|ver[a-z]*|dira\w*|es quien|son quienes|suelen?|normalmente|piden?|exigen?|miran?|pueden? (?:ayudar\w*|orientar\w*|revisar|ver|evaluar|explicar\w*|acompanar\w*))\b.{0,120}"
    r"|\b(?:sujet[ao]s? a|depende\w*|previ[ao]|pendiente|proceso|tramite|requisitos?|evaluar|revisar|orienta\w*|acompan\w*|informe|antecedentes) (?:a |de |del |la |para |que |con )?.{0,100}"
    r"|\b(?:proyecto|edificio|condominio|permiso|recepcion|plano|reglamento) (?:\w+ ){0,2}aprobad[ao]\b|\bpagar\b.{0,60}|\badmite\b.{0,60}"
)
YES = Pattern(
    r"^\W*(?:(?:si|claro|obvio|yes|sim|tranquil[oa])[,.! ]+)?(?:seguro que|claro que|por supuesto(?: que)?|obvio que|sin duda|se puede|sin problemas?|no hay problema|of course|certainly|com certeza|no te preocupes|dalo por hecho|yes|sim)\b"
)
ASKED = Pattern(
    r"\b(?:credito|hipotecario|prest\w+|apr[ou]e?b\w*|preaprob\w*|califico|calificar|financ\w+|banco|loan|mortgage|approv\w*|financiamento|emprestimo)\b"
)
SUBSIDY = Pattern(r"\b(?:subsidios?|ds ?-?(?:1|01|19|49)|bono|subsidy|subsidios?)\b")
GRANTED = Pattern(
    r"\b(?:te (?:corresponde|van a dar|daran|dan|toca|otorgan|otorgaran|asignaran|asignan|ganas)|tienes (?:derecho|asegurad\w+|garantizad\w+)|calificas|cumples|recibiras"
    r"|obtendras|conseguiras|ganaras|te (?:lo )?(?:ganaras|garantiz\w+|asegur\w+)|garantiz\w+|asegurado|you (?:qualify|will get|'ll get)|voce (?:tem direito|vai receber))\b"
)
_DENIED = Pattern(
    r"\b(?:no|sin|si|cuando|depende|nunca|ni|not|if|nao|siempre que|revis\w+|evalu\w+|ver)\b"
)


def promised_credit(text: str, known: Known) -> list[Violation]:
    """An approval asserted to anybody; to who owes, also promises and guesses of one."""
    asked = known.owes and ASKED.search(known.asked)
    if not (asked or CREDIT.search(statement(text))):
        return []
    every = sentences(text)
    found = [each for each in every if _breaks(each, owes=known.owes, asked=asked)]
    if asked and not found:
        found = [each for each in every[:1] if YES.search(statement(each))]
    return [Violation(Rule.CREDIT, each) for each in found]


def promises_credit(sentence: str) -> bool:
    """Whether somebody who owes must not be told this."""
    return _breaks(sentence, owes=True, asked=False)


def _breaks(sentence: str, *, owes: bool, asked: bool) -> bool:
    folded = statement(sentence)
    if is_question(sentence) and "sabias que" not in folded:
        return False
    rests = [HARMLESS.sub(" ", clause) for clause in clauses(folded)]
    if any(map(ASSERTED.search, rests)):
        return True
    if not owes:
        return False
    on_credit = CREDIT.search(folded)
    promised = (on_credit or asked) and any(map(PROMISED.search, rests))
    return promised or (
        on_credit and any(LIKELY.search(each) or COMFORT.search(each) for each in rests)
    )


def promised_subsidies(text: str, known: Known) -> list[Violation]:
    """Who gets one is decided by the ministry, whatever the lead earns."""
    if not SUBSIDY.search(statement(text)):
        return []
    return [
        Violation(Rule.SUBSIDY, sentence)
        for sentence in sentences(text)
        if not is_question(sentence)
        and SUBSIDY.search(folded := statement(sentence))
        and any(GRANTED.search(each) and not _DENIED.search(each) for each in clauses(folded))
    ]
