"""`ontograft compare`, as a person and as a program use it."""


def test_compare_tells_what_two_share_and_the_way_between_them(ontograft, toy_kb):
    told = ontograft("compare", toy_kb, "toy:Aspirin", "toy:Medicine")
    assert told.code == 0, told.err
    assert "toy:Aspirin is a toy:Medicine" in told.out
    assert "toy:Painkiller" in told.out


def test_compare_as_json_has_all_of_it(ontograft, toy_kb):
    document = ontograft("compare", toy_kb, "toy:Medicine", "toy:Aspirin", "--json").document
    assert (document["first_is_second"], document["second_is_first"]) == (False, True)
    assert document["common_ancestors"] == [{"curie": "toy:Medicine", "label": "medicine"}]
    assert [step["head"] for step in document["path"]] == ["toy:Painkiller", "toy:Aspirin"]
    assert 0 <= document["lin"] <= 1


def test_an_unknown_entity_ends_with_2_and_the_nearest(ontograft, toy_kb):
    told = ontograft("compare", toy_kb, "toy:Aspirn", "toy:Medicine", "--json")
    assert told.code == 2
    assert "toy:Aspirin" in told.fault["what"]
