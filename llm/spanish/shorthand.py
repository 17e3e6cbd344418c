"""Spells out what people abbreviate in chats, so that every reader meets whole words."""

import re

from leads.folding import fold

_WORDS: dict[str, str] = {
    **dict.fromkeys(("q", "k", "ke", "qe"), "que"),
    **dict.fromkeys(("kiero", "kero", "qiero", "quero", "qro"), "quiero"),
    **dict.fromkeys(("xfa", "xfavor", "xfis", "porfis", "plis", "pls", "plz", "porfi"), "por favor"),
    **dict.fromkeys(("xq", "pq", "xk", "xke", "xque", "porq"), "porque"),
    **dict.fromkeys(("tb", "tmb", "tbn", "tbm", "tambn"), "también"),
    **dict.fromkeys(("tngo", "tngp", "tego", "teng"), "tengo"),
    **dict.fromkeys(("ud", "vd"), "usted"),
    **dict.fromkeys(("wsp", "wsap", "wpp", "wasap", "watsap", "whatsap", "wathsapp"), "whatsapp"),
    **dict.fromkeys(("dpto", "dto", "deto", "depto", "dpt", "dept"), "depto"),
    "pa": "para", "pal": "para el", "x": "por", "toy": "estoy", "ta": "está", "dnd": "donde", "cmo": "como",
    "cm": "como", "aki": "aquí", "nose": "no sé", "bn": "bien", "uds": "ustedes", "kuanto": "cuánto", "cto": "cuánto",
    "cuant": "cuánto", "grax": "gracias", "grs": "gracias", "vdd": "verdad", "msj": "mensaje", "fds": "fin de semana",
    "mnn": "mañana", "bnos": "buenos", "bns": "buenas", "tardess": "tardes", "pos": "po", "ke'": "que", "nesesito": "necesito",
    "nececito": "necesito", "nesecito": "necesito", "boy": "voy", "aser": "hacer", "aver": "a ver", "halla": "haya",
    "bisitar": "visitar", "bisita": "visita", "vicita": "visita", "vicitar": "visitar", "ganó": "gano", "estoi": "estoy",
    "soi": "soy", "oy": "hoy", "ora": "hora", "dikom": "dicom", "dicon": "dicom", "dycom": "dicom", "dicomm": "dicom",
    **dict.fromkeys(("kiere", "quere"), "quiere"), **dict.fromkeys(("konpra", "konprar", "comprar'"), "comprar"),
    "kasa": "casa", "kasas": "casas", "kasita": "casita", "kuando": "cuándo", "kosto": "costo", "kobra": "cobra", "kobran": "cobran",
    "komision": "comisión", "kredito": "crédito", "banko": "banco", "kiltro": "quiltro", "vuscando": "buscando", "vusco": "busco",
    "busko": "busco", "buskando": "buscando", "bendo": "vendo", "kon": "con", "komuna": "comuna", "kapas": "capaz",
    "presupusto": "presupuesto", "presu": "presupuesto", "dormis": "dormitorios", "estac": "estacionamiento",
}  # fmt: skip
_WORD = re.compile(r"(?<![\w@./+-])[^\W\d_]{1,10}(?![\w@]|[.-]\w)")


def spell_out(text: str) -> str:
    return _WORD.sub(lambda match: _WORDS.get(fold(match.group()), match.group()), text)
