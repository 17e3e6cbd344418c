"""How a credit is promised, guessed at, or only spoken of: groups of phrases, each with one that it is for.

All of it reads folded text. What somebody who owes must not be told is longer than what nobody may.
"""


def either(*groups: str) -> str:
    return "|".join(groups)


# --- Words that the groups are made of ---------------------------------------------------------
APPROVED = r"(?:pre ?-?)?aprobad[ao]s?"
WILL_APPROVE = r"(?:pre ?-?)?aprueb[ae]n?|(?:pre ?-?)?aprob(?:aran?|arian?|aremos|amos|ar[ae]s?)|(?:pre ?-?)?aprobamos"
OBTAIN = r"(?:obtener|acceder|optar|conseguir|sacar|pedir|tomar|tramitar|adquirir|lograr|postular|comprar|financiar)"
LEND = r"(?:(?:otorg|prest|financi|conced|consegu|consig|gestion|sac|tramit)\w*|dan?|dio|dar(?:a|an|ia|ian|emos|te|le)?)"
LOAN = r"(?:creditos?|hipotecario|hipoteca|prestamos?|financiamiento|banco|leasing)"
LENDER = r"(?:banco|mutuaria|financiera)"

# --- What the matter is ------------------------------------------------------------------------
CREDIT = (
    r"\b(?:creditos?|hipotec\w*|prestamos?|financ\w+|bancos?|bancari[ao]s?|leasing|mutuaria|(?:pre ?-?)?apr[ou]e?b\w*|dicom|deudas?|morosidad"
    r"|prest(?:an|en|aran|arian|a|ado|amos)|loans?|mortgages?|lend\w*|bank|app?rov\w*|financiamento|emprestimo|divida|califica\w*|evaluacion|evaluad[ao]|solicitud)\b"
)
ASKED = r"\b(?:credito|hipotecario|prest\w+|apr[ou]e?b\w*|preaprob\w*|califico|calificar|financ\w+|banco|loan|mortgage|approv\w*|financiamento|emprestimo)\b"

# --- An approval that nobody has given: barred to everybody --------------------------------------
# "ya estás preaprobada"
STANDS_APPROVED = rf"\b(?:estas|estaras|seras|quedar|salir|quedas?|quedaste|quedaras|saldras|sales|saliste|sale|salio|viene|esta|ya|tienes|queda) (?:\w+ ){{0,2}}{APPROVED}\b"
# "tu crédito hipotecario está asegurado"
LOAN_IS_SURE = rf"\b{LOAN} (?:\w+ ){{0,3}}(?:{APPROVED}|asegurado|garantizado|seguro|listo)\b"
# "aprobación inmediata"
APPROVAL_IS_SURE = r"\baprobacion (?:\w+ )?(?:garantizad|asegurad|segur|inmediat|automatic)[ao]\b"
# "te aprobaremos"
APPROVES_YOU = rf"\b(?:te|le|les) (?:{WILL_APPROVE})\b"
WE_APPROVE = r"\b(?:te|le|les|lo|la) (?:pre ?-?)?aprob(?:amos|aremos)\b"
# "te garantizo la aprobación"
GUARANTEED = rf"\b(?:garantiz|asegur|promet)\w+ (?:\w+ ){{0,4}}(?:{LOAN}|aprobacion|preaprobacion|aprueb\w*)\b"
# "el banco ya dijo que sí a tu crédito": of "sí" only the gap is left
LENDER_SAID_YES = rf"\b{LENDER} (?:\w+ ){{0,3}}(?:dijo|dice) que +(?:si )?a (?:tu|su|el) "
# "el banco te dio el visto bueno"
LENDER_AGREED = (
    rf"\b{LENDER} (?:\w+ ){{0,3}}(?:dio|da|dara) (?:\w+ ){{0,2}}(?:visto bueno|luz verde|ok)\b"
)
# "you are pre-approved", "guaranteed approval"
ASSERTED_IN_ENGLISH = either(
    r"\b(?:you are|you 're|you're|you will be|you 'll be|you'll be|your \w+ is) (?:\w+ )?(?:pre ?-?)?approved\b",
    r"\bguarantee\w* (?:\w+ ){0,3}(?:loan|mortgage|approval|credit)\b",
    r"\bguaranteed (?:approval|loan|mortgage|credit)\b",
)
# "seu financiamento foi aprovado"
ASSERTED_IN_PORTUGUESE = either(
    r"\b(?:credito|financiamento) (?:\w+ ){0,2}(?:aprovado|garantido)\b", r"\bsera aprovad[ao]\b"
)
ASSERTED = either(
    STANDS_APPROVED,
    LOAN_IS_SURE,
    APPROVAL_IS_SURE,
    APPROVES_YOU,
    WE_APPROVE,
    GUARANTEED,
    LENDER_SAID_YES,
    LENDER_AGREED,
    ASSERTED_IN_ENGLISH,
    ASSERTED_IN_PORTUGUESE,
)

# --- That a bank will lend: barred where a debt is known ---------------------------------------
# "te podrían prestar", "le vamos a conseguir"
MAY_LEND_YOU = rf"\b(?:te|le|les|nos|lo|la) (?:\w+ )?(?:van|va|vamos|podemos|puede|pueden|podrian|podria|iria|deberian|deberia) (?:a )?(?:\w+ )?(?:{LEND}|aprobar\w*)\b"
# "te lo dan", "te aprueban"
LENDS_YOU = rf"\b(?:te|le|les) (?:l[oa] )?(?:{LEND}|{WILL_APPROVE})\b"
# "el crédito sale", "te resulta el hipotecario"
LOAN_COMES_OUT = either(
    r"\b(?:credito|hipotecario|prestamo|p?r?e?aprobacion) (?:\w+ ){0,2}(?:sale|saldra|resulta|resultara)\b",
    rf"\bte (?:sale|saldra|resulta|resultara) (?:\w+ ){{0,2}}{LOAN}\b",
)
# "los bancos aprueban"
SOMEBODY_APPROVES = rf"\b(?:{WILL_APPROVE})\b"
# "podrías optar a un crédito", "tienes opción de obtenerlo"
ABLE = (
    r"(?:puedes|podras|podrias|podrian|vas a poder|vas a|lograrias|lograras|alcanzas? (?:a|para)|te alcanza (?:a|para)|se puede|podemos|es posible|seria posible"
    r"|eres apt[ao] para|estas en condiciones de|calificas para|tienes (?:opcion|posibilidad|oportunidad|derecho|acceso)(?:es)? (?:de|a|para)|apt[ao] para)"
)
ABLE_TO_OBTAIN = rf"\b{ABLE} (?:\w+ ){{0,2}}?(?:{OBTAIN}(?:te)?l[oa]s?\b|{OBTAIN}(?:te|le|les)? (?:[\w.,]+ ){{0,5}}?(?:{LOAN}|aprobacion|monto|uf|millones|dinero)\b)"
# "obtendrías el financiamiento", "tienes crédito"
YOU_WILL_HAVE = either(
    rf"\b(?:obtendras|obtendrias|conseguiras|conseguirias|tendras|tendrias|accederas|accederias|recibiras|lograrias) (?:\w+ ){{0,3}}{LOAN}\b",
    rf"\b(?:tienes|tendras) (?:\w+ )?{LOAN}\b",
)
# "calificas"
YOU_QUALIFY = r"\b(?:calificas|calificarias|calificaras|clasificas|precalificas|aplicas|eres sujeto|cumples|reunes|pasas|pasarias|pasaras)\b"
# "tu renta alcanza"
YOUR_INCOME_DOES = r"\btu (?:perfil|renta|caso|situacion|capacidad|ingreso|sueldo) (?:\w+ ){0,3}(?:califica|alcanza|cumple|sirve|permite|basta|da para|es (?:bueno|apto|suficiente|viable))"
# "conseguimos tu crédito"
WE_OBTAIN = rf"\b(?:conseguimos|conseguiremos|conseguire|consigo|gestionamos|sacamos|obtenemos|tramitamos) (?:\w+ ){{0,4}}(?:{LOAN}|aprobacion)\b"
# "la aprobación es un trámite"
APPROVAL_IS_EASY = r"\baprobacion (?:\w+ ){0,3}(?:tramite|facil|rapida|segura|hecho)\b"
# "hay bancos que prestan igual", "otros con deudas obtienen crédito"
OTHERS_DO = either(
    r"\bbancos? que (?:\w+ ){0,2}(?:prest|acept|aprueb|financi|dan\b|trabaj)",
    rf"\b(?:obtienen|consiguen|logran|sacan) (?:\w+ ){{0,2}}{LOAN}\b",
)
# "aceptan tu solicitud"
APPLICATION_IS_TAKEN = either(
    r"\bacept\w+ tu (?:solicitud|caso|credito)\b",
    r"\bsolicitud (?:\w+ ){0,2}(?:acept|aprob)ada\b",
)
# "alcanza para el hipotecario"
IS_ENOUGH = rf"\balcanza para (?:\w+ ){{0,3}}{LOAN}\b"
# "deberías calificar"
SHOULD_QUALIFY = (
    r"\b(?:deberias|podrias|puedes|podras|vas a|iras a) (?:\w+ )?(?:pre)?(?:calificar|aplicar)\b"
)
WELL_JUDGED = r"\bbien evaluad[ao]\b"
# "you'd qualify", "the bank will lend"
PROMISED_IN_ENGLISH = either(
    r"\byou ?(?:'d|'ll|would|will|can|could|should|may|might) (?:\w+ )?(?:qualify|get|obtain|borrow|be able)\b",
    r"\b(?:bank|lender)s? (?:will|would|should|could) (?:\w+ )?(?:lend|approve|finance|give)\b",
)
# "serías sujeto de crédito", "es viable"
A_CANDIDATE = either(
    r"\b(?:serias|seras) (?:sujeto|candidat[ao])",
    r"\bsujeto de credito\b",
    r"\b(?:viable|factible)\b",
)
PROMISED = either(
    MAY_LEND_YOU,
    LENDS_YOU,
    LOAN_COMES_OUT,
    SOMEBODY_APPROVES,
    ABLE_TO_OBTAIN,
    YOU_WILL_HAVE,
    YOU_QUALIFY,
    YOUR_INCOME_DOES,
    WE_OBTAIN,
    APPROVAL_IS_EASY,
    OTHERS_DO,
    APPLICATION_IS_TAKEN,
    IS_ENOUGH,
    SHOULD_QUALIFY,
    WELL_JUDGED,
    PROMISED_IN_ENGLISH,
    A_CANDIDATE,
)

# --- What makes a sentence on credit a guess ---------------------------------------------------
# "seguramente", "es muy probable"
ODDS = r"segur[oa]s?|seguramente|probable|probablemente|probabilidad(?:es)?|chances?|posibilidad(?:es)?|buenas opciones|casi (?:segur\w+|fijo|list[oa])|fijo que"
# "sin problemas", "no deberías tener impedimentos"
NO_OBSTACLE = (
    r"sin problemas?|sin drama|no (?:hay|habra|habria|tendras|tendrias|deberias tener|deberia haber|tienes|sera|es|seria|va a haber) (?:\w+ ){0,2}"
    r"(?:problemas?|drama|impediment\w+|obstacul\w+|inconvenient\w+|limitante|excluyente|lio)"
)
# "el DICOM no influye"
DEBT_IS_NOTHING = r"no (?:afecta\w*|influye|impide|te complica\w*)"
# "dalo por hecho", "80 %"
AS_GOOD_AS_DONE = r"dalo por hecho|cuenta con|\d{1,3} ?%|lo mas probable"
# "debería salir", "se ve bien"
SHOULD_WORK = (
    r"deberia(?:n|s)? (?:\w+ )?(?:salir\w*|darte|resultar|aprobar\w*|prestarte|funcionar|poder)"
    r"|va a (?:salir|resultar|funcionar)|saldra (?:bien|todo)|se ve (?:bien|bueno|viable)"
)
# "aceptan personas con deudas", "no miran DICOM"
TAKES_DEBTORS = (
    r"aceptan (?:\w+ ){0,2}con|trabajamos con (?:\w+ ){0,5}(?:dicom|deud\w+)"
    r"|no (?:mira|revisa|pide|ve|considera)n? (?:tu |el |las? |los )?(?:dicom|deudas?|morosidad\w*|antecedentes)"
)
LIKELY_ELSEWHERE = (
    r"likely|probably|should be|shouldn ?'?t be|no problem|chance|you (?:can|could|will|would|'ll) (?:\w+ )?(?:get|qualify|obtain|borrow)|you qualify"
    r"|com certeza|provavelmente|vai (?:conseguir|ser aprovad\w)|voce consegue"
)
AT_ANY_RATE = r"igual te"
LIKELY = rf"\b(?:{either(ODDS, NO_OBSTACLE, DEBT_IS_NOTHING, AS_GOOD_AS_DONE, SHOULD_WORK, TAKES_DEBTORS, LIKELY_ELSEWHERE, AT_ANY_RATE)})\b"
# Comforts by themselves; of a credit they promise: "no te preocupes por el crédito".
COMFORT = r"\b(?:no (?:importa|te preocupes|pasa nada)|tranquil[oa]|don ?'?t worry)\b.{0,80}\b(?:creditos?|hipotec\w*|prest\w*|apr[ou]e?b\w*|bancos?|financ\w+|loan|mortgage)\b"
# A yes to whoever asked for it: "claro que sí", "dalo por hecho".
YES = r"^\W*(?:(?:si|claro|obvio|yes|sim|tranquil[oa])[,.! ]+)?(?:seguro que|claro que|por supuesto(?: que)?|obvio que|sin duda|se puede|sin problemas?|no hay problema|of course|certainly|com certeza|no te preocupes|dalo por hecho|yes|sim)\b"

# --- What only sounds like it, taken out before a clause is read -------------------------------
# "te damos orientación"
OTHER_GIFTS = r"\bte (?:damos|da|dan|daremos|daran|saco|tramito|gestion\w+|consig\w+) (?:\w+ ){0,2}(?:informacion|info|detalles?|orientacion|respuesta|asesoria|hora|opciones|una mano|datos|requisitos)\b"
# "te van a pedir liquidaciones"
WILL_BE_ASKED = r"\bte (?:va|van) a (?:pedir|preguntar|solicitar|exigir|revisar)\b.{0,80}"
# "es difícil que aprueben"
HARD = r"(?<!no es )(?<!no )\bdificil\w* (?:que |sea |se )?.{0,60}"
# "no te aprueban", "nunca prestan"
DENIED = (
    r"\b(?:no|nunca|tampoco|ni) (?:(?:te|le|les|se|nos|lo|la|me|es|esta|estan|van|va|vamos|a|siempre|todos|muchos|pueden?|podrian?|los bancos|el banco) ){0,4}"
    r"(?:[a-z]{0,4}(?:aprob|aprueb|prest|otorg|financi|garanti|asegur|promet|calific|cumpl|conced|dan\b|dar\b|posible|conseg|consig|puedes|podras|podrias|viable)\w*)"
)
# "no puedo asegurarte nada"
NOT_MINE_TO_SAY = r"\b(?:no (?:puedo|podemos|te puedo|le puedo|podria|me es posible|depende de mi|sabria|sabemos|se)|can ?'?t|cannot|nao posso)\b.{0,120}"
# "si el banco aprueba, firmamos"
CONDITIONAL = r"\b(?:si|cuando|una vez|apenas|antes de que|hasta que|para que|en caso de que|siempre que|whether|if|once|when|quando) .{0,120}"
# "quien decide es el banco"
OTHERS_DECIDE = r"\b(?:quien(?:es)?|el banco|los bancos|ellos|ella|cada banco|la institucion|un ejecutivo|una ejecutiva|el ejecutivo|una persona|ejecutivos) (?:\w+ ){0,3}?(?:decid\w+|defin\w+|evalu\w+|revis\w+|analiz\w+|resolv\w+|determin\w+|ver[a-z]*|dira\w*|es quien|son quienes|suelen?|normalmente|piden?|exigen?|miran?|pueden? (?:ayudar\w*|orientar\w*|revisar|ver|evaluar|explicar\w*|acompanar\w*))\b.{0,120}"
# "sujeto a evaluación", "los requisitos del crédito"
PENDING = r"\b(?:sujet[ao]s? a|depende\w*|previ[ao]|pendiente|proceso|tramite|requisitos?|evaluar|revisar|orienta\w*|acompan\w*|informe|antecedentes) (?:a |de |del |la |para |que |con )?.{0,100}"
# "el proyecto está aprobado"
OTHER_APPROVALS = r"\b(?:proyecto|edificio|condominio|permiso|recepcion|plano|reglamento) (?:\w+ ){0,2}aprobad[ao]\b"
# "se puede pagar con crédito", "admite crédito"
WAYS_TO_PAY = either(r"\bpagar\b.{0,60}", r"\badmite\b.{0,60}")
HARMLESS = either(
    OTHER_GIFTS,
    WILL_BE_ASKED,
    HARD,
    DENIED,
    NOT_MINE_TO_SAY,
    CONDITIONAL,
    OTHERS_DECIDE,
    PENDING,
    OTHER_APPROVALS,
    WAYS_TO_PAY,
)

# --- Subsidies ---------------------------------------------------------------------------------
SUBSIDY = r"\b(?:subsidios?|ds ?-?(?:1|01|19|49)|bono|subsidy|subsidios?)\b"
# "te corresponde", "calificas"
GRANTED = (
    r"\b(?:te (?:corresponde|van a dar|daran|dan|toca|otorgan|otorgaran|asignaran|asignan|ganas)|tienes (?:derecho|asegurad\w+|garantizad\w+)|calificas|cumples|recibiras"
    r"|obtendras|conseguiras|ganaras|te (?:lo )?(?:ganaras|garantiz\w+|asegur\w+)|garantiz\w+|asegurado|you (?:qualify|will get|'ll get)|voce (?:tem direito|vai receber))\b"
)
# "no", "si …", "depende"
NOT_GRANTED = (
    r"\b(?:no|sin|si|cuando|depende|nunca|ni|not|if|nao|siempre que|revis\w+|evalu\w+|ver)\b"
)
