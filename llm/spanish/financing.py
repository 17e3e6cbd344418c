"""Tells whether a lead asks about a credit or a subsidy for a home."""

import re

from crm.patterns import scanner

_SENTENCE = re.compile(r"[^.!\n]+")
_SUBJECT = scanner(
    r"\b(?:creditos?|hipotecari[oa]s?|hipotecas?|financi\w+|pre ?-?aprob\w+|subsidios?|ds ?-?(?:0?1|19|49)|leasing|dividendos?|simula\w+|fogaes"
    r"|mortgages?|loans?|financing|subsid(?:y|ies)|emprestimos?|interes hipotecario)\b"
)
_BANK = scanner(
    r"\b(?:(?:el|los|del|al|con|un|otros?|que|algun|cual) bancos?|bancos|(?:the|a|which) banks?|(?:o|com o|no) banco)\b"
)
_QUESTION = scanner(
    r"\?|\b(?:q|que|ke|k|cuant[oa]s?|como|cual(?:es)?|puedo|podria|podre|pueden?|sirven?|alcanza|dan|piden?|exigen|trabajan|aceptan|tienen?|ayudan?"
    r"|quisiera saber|sabe|hay|califico|requisitos?|documentos?|papel(?:es)?|what|how|can|do|does|quanto|posso|aceitam|confirm\w+|dime)\b"
)
_DIRECT = scanner(
    r"\b(?:me|nos|le|les|te) (?:prestan?|prestaria[n]?|dan (?:un |el |ese )?credito|financi\w+|aprueban|aprobar\w*|evaluan)\b|\bcalific(?:o|ar|aria|amos)\b"
    r"|\b(?:cuanto|que|q|como|cuanta) (?:\w+ ){0,4}pie\b|\bpie en cuotas\b|\bbono pie\b|\btasas? de interes\b|\bcreditos? hipotecarios?\b|\bevaluacion (?:con|del|en) (?:el |un )?banco\b"
    r"|\b(?:necesito|necesitamos|quiero|queremos|busco|pedir|sacar|sacaria|optar a|postular a|postulo a|postulando|tramitar|solicitar|con|mediante) (?:\w+ ){0,2}(?:creditos?|hipotecario|subsidio|leasing|financiamiento)\b"
    r"|\b(?:juntar|sumar|unir|combinar|juntan|suman|complementar)(?:los|las|se)? (?:\w+ ){0,3}(?:rentas?|sueldos?|ingresos?|pensiones|liquidaciones)\b"
    r"|\b(?:juntando|ahorrando|ahorrar|juntar) (?:\w+ ){0,4}(?:ds ?-?(?:0?1|19|49)|subsidio)\b|\b(?:me|nos) (?:puede[n]?|podria[n]?|van a) (?:evaluar|prestar|financiar|aprobar|dar (?:un |el )?credito)\b"
    r"|\bcomplementar (?:mi |la |nuestra )?(?:renta|ingresos)\b|\bborrow\b|\brechaz\w+ (?:\w+ ){0,3}(?:credito|banco)\b|\bdeclar\w+ (?:renta )?(?:como|soy) independiente\b"
)
_OTHER = scanner(
    r"\b(?:seria|pago|compro|todo|es) (?:al |de )?contado\b|\bsin (?:credito|hipotecario)\b|\bno (?:necesito|quiero|uso) (?:un )?(?:credito|financiamiento|subsidio)\b"
    r"|\btarjetas? de credito\b|\bdividendos? (?:no )?(?:mas|que no)\b|\bdevuelv\w+\b|\bmi (?:credito|dividendo) (?:actual|esta|lo)\b"
)


def asks_financing(folded: str) -> bool:
    return any(map(_asks, _SENTENCE.findall(folded)))


def _asks(sentence: str) -> bool:
    if _OTHER.search(sentence):
        return False
    subject = _SUBJECT.search(sentence) or _BANK.search(sentence)
    return _DIRECT.search(sentence) or (subject and _QUESTION.search(sentence))
