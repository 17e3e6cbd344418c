from leads.comunas import COMUNAS
from leads.neighbours import NEIGHBOURS, around


def test_every_neighbour_is_a_comuna_of_the_same_region() -> None:
    assert set(NEIGHBOURS) <= set(COMUNAS)
    for comuna, others in NEIGHBOURS.items():
        assert {COMUNAS[other] for other in others} == {COMUNAS[comuna]}


def test_neighbours_are_so_both_ways() -> None:
    assert all(comuna in NEIGHBOURS[other] for comuna in NEIGHBOURS for other in NEIGHBOURS[comuna])
    assert all(comuna not in others for comuna, others in NEIGHBOURS.items())


def test_around_leaves_out_what_was_named() -> None:
    assert "La Reina" in around(["Ñuñoa", "Providencia"])
    assert not around(["Ñuñoa", "Providencia"]) & {"Ñuñoa", "Providencia"}
    assert around(["Ollagüe"]) == frozenset()
