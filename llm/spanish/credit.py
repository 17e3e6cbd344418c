"""Reads what a lead says of DICOM, the register of unpaid debts."""

import re

from crm.patterns import Pattern
from llm.spanish.answers import core, says_no, says_unknown, says_yes
from llm.spanish.meaning import Dicom

_HYPOTHETICAL = re.compile(
    r"(?:\bsi (?:el|ella|mi \w+|la otra persona|uno de los dos) (?:tiene|esta|sale|aparece|tuviera|estuviera|debe)\b[^.,!?\n]{0,60}(?:dicom|deudas?|moros\w*)"
    r"|\bsi (?:uno |yo |alguien )?(?:estuviera|tuviera|estuviese|apareciera)\b[^.,!\n]{0,120}?(?:dicom|deudas?|moros\w*)"
    r"|\bsi (?:uno |yo |alguien )?(?:estoy|esta|tengo|tiene|aparezco|salgo)\b[^.,!\n]{0,120}?(?:dicom|deudas?|moros\w*)(?=[^.!\n]{0,120}(?:\?|puedo|prestan?|dan|pasa|sirve|importa))"
    r"|\b(?:aceptan|reciben|trabajan|puedo|puede|podria|se puede|sirve|importa|piden|dan)\b[^.,!?\n]{0,120}(?:con|sin|por|en|estar en|tener)"
    r" (?:dicom|deudas?)(?=[^.,!?\n]{0,120}\?)|\b(?:estando|teniendo) (?:en |con )?(?:dicom|deudas?)[^.,!\n]{0,120}\?"
    r"|\bque (?:es|significa) (?:el |estar en )?dicom|\b(?:puedo|puede|se puede)[^.,!\n]{0,120}(?:con|en) dicom)"
)
_UNKNOWN = Pattern(
    r"\b(?:no tengo (?:ni )?idea|no (?:lo )?se|don'?t know|not sure|nao sei|nao tenho certeza|no me acuerdo|habria que ver|ni idea|no estoy segur[oa]|no cacho|no tengo claro|tendria que (?:ver|revisar)|nose)\b[^.!\n]*"
    r"(?:dicom|deudas?|moros)|\bdicom\b[^.!\n]{0,12}\b(?:no (?:lo )?se|ni idea|nose)\b"
)
_OTHERS = re.compile(
    r"(?<!ni )\bmi (?:senora|esposa|esposo|marido|pareja|polol[oa]|mama|papa|herman[oa]|hij[oa]|novi[oa])\b[^.,;\n]{0,120}(?:dicom|deuda)"
)
_PARTNER_OWES = Pattern(
    r"\b(?:mi (?:senora|esposa|esposo|marido|pareja|polol[oa]|novi[oa]|mama|papa|herman[oa])|ella|el) (?:\w+ )?(?:si\b|debe|esta (?:en dicom|moros)|tiene (?:dicom|una deuda|deudas)|aparece|sale en)"
)
_CLEAN = Pattern(
    r"\bya (?:esta|estan|quedo|lo tengo) (?:todo )?(?:saldad|pagad|cancelad|repactad)\w*|\b(?:ningun[oa]|nadie|ni (?:yo|el|ella)) (?:\w+ ){0,6}?(?:dicom|deudas?|debe|moros\w*|protestos|debemos)\b|\bdicom (?:\w+ )?(?:ningun[oa]|nadie|ni uno|ninguno)\b"
    r"|\b(?:estamos|andamos|somos|salimos|quedamos|estan) (?:\w+ ){0,2}?(?:limpi[oa]s?|impecables?|al dia|sin deudas)\b|\b(?:los|las) dos (?:\w+ )?(?:limpi[oa]s|impecables|al dia)\b|\bambos (?:\w+ )?(?:limpi[oa]s|sin deudas)\b"
    r"|\bnunca (?:\w+ ){0,2}?(?:debido|estado en dicom|debi)\b|\b(?:no|zero|without|any) (?:\w+ )?(?:debts?|bad credit)\b|\b(?:clean|good) credit\b|\bcredit (?:is |record is )?clean\b|\bnot in dicom\b|\bdebt[- ]free\b"
    r"|\b(?:nao|sem|nunca) (?:\w+ ){0,3}?(?:dividas?|dicom|devo)\b|\bnome limpo\b|\bpa (?:gen|nan) (?:\w+ )?dicom\b|\bmi no (?:tiene|esta) (?:\w+ )?dicom\b|\bdicom\W{0,3}0\b"
    r"|\b(?:sin|cero|0|libre de|fuera de|nada de|ni|ningun[oa]?|tampoco) (?:\w+ ){0,2}?(?:dicom|deudas?|morosidad(?:es)?|protestos)\b"
    r"|\bno (?:\w+ ){0,3}?(?:dicom|deudas?|debo|debemos|moros\w*|protestos|endeudad[oa])\b|\bnunca (?:\w+ ){0,3}?(?:dicom|deudas?)\b"
    r"|\bdicom:? ?(?:no|limpio|impecable|cero|0|ok|sin|en cero|impeque|perfecto|al dia|bien|nada|na|nones)\b|\bno debo\b"
    r"|\b(?:papeles|antecedentes|todo|deudas?|creditos?|cuotas|estoy|pagos) (?:\w+ )?(?:limpi[oa]s?|al dia|en orden|en regla|impecables?)\b"
    r"|\b(?:limpi[oa]|impecable) (?:en|de|con) (?:dicom|el sistema|deudas)"
    r"|\bya (?:no estoy|no tengo|sali|pague|regularice|salde|repacte)\b[^.,\n]*(?:dicom|deuda|eso|todo)?"
    r"|\b(?:creditos?|deudas?|cuotas|hipotecario|tarjetas?)[^.;\n]{0,30}\bal dia\b"
    r"|\bme (?:sacaron|borraron|eliminaron) (?:de|del) dicom|\bbuen (?:historial|comportamiento) (?:crediticio|de pago)"
)
_DEBT = Pattern(
    r"\b(?:i owe|i have (?:\w+ )?debts?|i'?m in dicom|i am in dicom|bad credit|tenho (?:\w+ )?dividas?|estou no dicom|estou em dicom|nome sujo|mwen nan dicom|mi esta (?:en )?dicom)\b|\b(?:si|sii),? (?:salgo|aparezco|estoy|tengo)(?:[^a-z]*$| (?:una|algunas?|un par de|algo|varias|unas) (?:deudas?|cosas?|cuotas?)| en (?:dicom|el sistema|la lista))|\bme (?:sacaron|mandaron|echaron|metieron) a dicom\b"
    r"|\b(?:estoy|sigo|salgo|aparezco|figuro|estamos|quede|cai|tengo|caid[oa]) (?:\w+ ){0,3}?(?:dicom|moros[oa]s?|morosidad(?:es)?"
    r"|protestos?|boletin comercial|informe comercial|endeudad[oa]|encalillad[oa])\b"
    r"|\b(?:tengo|mantengo|con|hay|queda|arrastro|tenemos) (?:\w+ ){0,3}?deudas?\b|\bcon dicom\b|\b(?:si|sii),? (?:\w+ )?dicom\b"
    r"|\bdebo (?:\w+ ){0,3}?(?:\$|\d|plata|lucas|palos?|cuotas|una|un|como|unas|unos|al|a la|en)"
    r"|\b(?:atrasad[oa]|moros[oa]) (?:con|en)\b|\bdicom:? ?(?:si|activo|vigente)\b|\bme (?:metieron|tienen|tiraron) (?:en|a) dicom"
    r"|\bmanchad[oa] en|\bdeudas? (?:moros|impag|vencid|vigente|pendiente|en dicom|de)|\bdeuda (?:con|por)\b"
)
_SUBJECT = Pattern(r"\b(?:dicom|deudas?|moros\w*)\b")
_NOTHING = Pattern(r"\byo no (?:tengo|debo) (?:nada|ningun[oa]?|na)\b|\byo (?:estoy )?limpi[oa]\b")
_CLEAN_ANSWER = re.compile(
    r"^\W*(?:todo (?:bien|ok|limpio|al dia|en orden|perfecto)|limpi[oa]|impecable|impeque|al dia|estoy (?:bien|limpi[oa]|ok)"
    r"|(?:yo )?no tengo|ninguna|sin nada|nada|deberia estar (?:bien|limpi[oa]))\b"
)


def find_dicom(folded: str, *, asked: str | None, amount_owed: bool) -> Dicom | None:
    """`asked` "dicom" asks whether there is debt, "dicom_clean" whether there is none."""
    told = _OTHERS.sub(" ", _HYPOTHETICAL.sub(" ", folded))
    if _UNKNOWN.search(_OTHERS.sub(" ", folded)):
        return "unknown"
    if _CLEAN.search(told) and not _still_owes(told):
        return None if _PARTNER_OWES.search(_HYPOTHETICAL.sub(" ", folded)) else "clean"
    if _NOTHING.search(told) and _SUBJECT.search(folded):
        return "clean"
    if _DEBT.search(told) or amount_owed:
        return "has_debt"
    return _answered(told, asked) if asked in ("dicom", "dicom_clean") else None


def _still_owes(told: str) -> bool:
    """ "No, pero tengo una deuda chica": what comes after the "pero" decides."""
    _, _, contrast = told.partition(" pero ")
    return bool(contrast and _DEBT.search(contrast) and not _CLEAN.search(contrast))


def _answered(told: str, asked: str | None) -> Dicom | None:
    yes, no = says_yes(told), says_no(told)
    if says_unknown(told):
        return "unknown"
    if any(_CLEAN_ANSWER.match(core(line)) for line in told.split("\n")):
        return "clean"
    if yes == no:
        return None
    return "has_debt" if yes == (asked == "dicom") else "clean"
