"""The words for numbers, and for thousands and millions, of those who write to Chilean brokers."""

MILLION, THOUSAND = 1_000_000, 1_000
_UNITS = (
    "cero un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete"
    " dieciocho diecinueve veinte veintiun veintidos veintitres veinticuatro veinticinco veintiseis veintisiete"
    " veintiocho veintinueve"
)
WORDS: dict[str, int] = {
    **{word: value for value, word in enumerate(_UNITS.split())},
    **{
        "uno": 1,
        "una": 1,
        "veintiuna": 21,
        "veintiuno": 21,
        "treinta": 30,
        "cuarenta": 40,
        "cincuenta": 50,
    },
    **{"sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90, "cien": 100, "ciento": 100},
    **{
        f"{stem}cient{end}s": value * 100
        for end in "oa"
        for stem, value in (("dos", 2), ("tres", 3), ("cuatro", 4))
    },
    **{
        f"{stem}cient{end}s": value * 100
        for end in "oa"
        for stem, value in (("seis", 6), ("sete", 7), ("ocho", 8))
    },
    **{
        f"{stem}{end}s": value
        for end in "oa"
        for stem, value in (("quinient", 500), ("novecient", 900))
    },
    "quina": 500,
    **{
        "one": 1,
        "two": 2,
        "three": 3,
        "four": 4,
        "five": 5,
        "six": 6,
        "seven": 7,
        "eight": 8,
        "nine": 9,
    },
    **{
        "um": 1,
        "uma": 1,
        "dois": 2,
        "duas": 2,
        "quatro": 4,
        "sete": 7,
        "oito": 8,
        "nove": 9,
        "dez": 10,
    },
}
ONES = ("un", "una", "uno", "um", "uma", "one")
SCALES: dict[str, int] = {
    **dict.fromkeys(
        ("palo", "palos", "palito", "palitos", "millon", "millones", "melon", "melones"), MILLION
    ),
    **dict.fromkeys(("mill", "mills", "mm", "m", "millons", "millone", "palillos"), MILLION),
    **dict.fromkeys(("milloncito", "milloncitos", "meloncitos", "milones", "miyones"), MILLION),
    **dict.fromkeys(("million", "millions", "milhao", "milhoes"), MILLION),
    **dict.fromkeys(("luca", "lucas", "luquitas", "luka", "lukas", "mil", "miles", "k"), THOUSAND),
    **dict.fromkeys(
        ("luquita", "lukitas", "luks", "lks", "lucrecias", "thousand", "grand"), THOUSAND
    ),
    **dict.fromkeys(("gamba", "gambas"), 100),
}
