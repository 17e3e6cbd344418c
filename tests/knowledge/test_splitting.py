"""Documents become pieces: paragraphs stay whole, headings name them, a row is a piece."""

import pytest

from knowledge.splitting import LONGEST, Piece, Unreadable, delimiter_of, split


def contents(text: str, kind: str = "text") -> list[str]:
    return [piece.content for piece in split(text, kind, "Guía")]


def titles(text: str) -> list[str]:
    return [piece.title for piece in split(text, "markdown", "Guía")]


def test_short_paragraphs_stay_together() -> None:
    assert contents("Uno.\n\nDos.\r\n\r\nTres.") == ["Uno.\n\nDos.\n\nTres."]


def test_paragraphs_fill_pieces_of_a_readable_length_without_overlap() -> None:
    paragraphs = [f"{number} " + "palabra " * 60 for number in range(10)]
    found = contents("\n\n".join(paragraphs))
    assert max(map(len, found)) <= LONGEST
    assert "\n\n".join(found).split() == " ".join(paragraphs).split()
    assert len(found) == 5


def test_a_long_paragraph_is_cut_at_its_sentences() -> None:
    found = contents(" ".join(f"Esta es la frase número {n}." for n in range(100)))
    assert max(map(len, found)) <= LONGEST
    assert all(piece.endswith(".") for piece in found)


def test_a_text_without_a_pause_is_cut_all_the_same() -> None:
    assert [len(piece) for piece in contents("x" * 3000)] == [1200, 1200, 600]


def test_sections_are_named_by_the_headings_above_them() -> None:
    text = "Intro\n\n# Pie\n\nUno\n\n## Bono\n\nDos\n\n# Gastos #\n\nTres"
    assert titles(text) == ["Guía", "Guía · Pie", "Guía · Pie · Bono", "Guía · Gastos"]


def test_a_heading_without_text_makes_no_piece() -> None:
    assert titles("# Uno\n\n## Dos\n\ntexto") == ["Guía · Uno · Dos"]


def test_code_is_not_a_heading() -> None:
    assert titles("```\n# no\n```") == ["Guía"]


def test_a_row_is_a_piece_with_its_columns_named() -> None:
    text = "Título;Descripción;precio;dormitorios\nDepto Ñuñoa;Con terraza;UF 3.500;2\n"
    assert split(text, "csv", "Stock") == [
        Piece(
            "Depto Ñuñoa",
            "Con terraza\nprecio: UF 3.500\ndormitorios: 2",
            "",
            {"precio": "UF 3.500", "dormitorios": "2"},
        )
    ]


def test_any_columns_are_told_as_text() -> None:
    (piece,) = split("comuna,metros\nÑuñoa,54\n", "csv", "Stock")
    assert (piece.title, piece.content) == ("Ñuñoa", "comuna: Ñuñoa\nmetros: 54")


@pytest.mark.parametrize(
    ("told", "source_type"),
    [("property", "property"), ("Subsidio", "subsidy"), ("política", "policy"), ("rumor", "")],
)
def test_the_type_is_read_by_its_value_or_its_name(told: str, source_type: str) -> None:
    (piece,) = split(f"title,source_type\nUno,{told}\n", "csv", "Stock")
    assert piece.source_type == source_type


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(sign: str) -> None:
    text = f'title{sign}content\n"a, b; c"{sign}"dos\nlíneas | tres"\nuno{sign}dos\n'
    assert delimiter_of(text) == sign
    assert [piece.title for piece in split(text, "csv", "Stock")] == ["a, b; c", "uno"]


def test_one_column_may_hold_commas() -> None:
    found = split("pregunta\nHola, ¿aceptan mascotas?\n", "csv", "FAQ")
    assert [piece.content for piece in found] == ["pregunta: Hola, ¿aceptan mascotas?"]


def test_empty_rows_and_cells_at_the_end_do_not_count() -> None:
    assert len(split("a,b,,\n1,2,,\n,,,\n3,,,\n", "csv", "Stock")) == 2


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("# Solo un título", "markdown", "nothing_to_read"),
        ("a,b\n", "csv", "no_rows"),
        ("a,b\n1,2,3\n", "csv", "bad_csv"),
        ('a,b\n"1,2\n', "csv", "bad_csv"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, kind: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        split(text, kind, "Guía")
