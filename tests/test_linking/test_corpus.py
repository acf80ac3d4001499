from linking import MASK, Linker, LinkerSettings, definition_texts
from linking.corpus import mask_names


def by_label(toy, linker, **options):
    table = toy.table()
    return {table.labels[d.row]: d for d in definition_texts(toy, linker, **options)}


def test_the_own_name_is_masked_with_its_variants(toy, toy_linker):
    texts = by_label(toy, toy_linker)
    assert texts["Bond"].text == (
        "A financial instrument by which an issuer owes money to the holder of the [MASK]."
    )
    assert texts["Fever"].text.endswith(f"{MASK} of children often pass by themselves.")


def test_only_the_own_name_is_masked_not_what_it_holds(toy, toy_linker):
    text = by_label(toy, toy_linker)["Government bond"].text
    assert text == "A bond issued by a state. [MASK] are bonds without much risk."


def test_other_concepts_are_linked(toy, toy_linker):
    linked = by_label(toy, toy_linker)["Aspirin"].linked
    assert linked.id == "TOY:0002"
    assert [(link.text, link.label) for link in linked.links] == [
        ("drug", "Drug"),
        ("fever", "Fever"),
    ]


def test_the_concept_that_is_defined_is_never_linked(toy):
    for overlap in ("longest", "all"):
        settings = LinkerSettings(overlap=overlap, nil_threshold=1.0)
        for definition in definition_texts(toy, Linker.of(toy, settings=settings)):
            for link in definition.linked.links:
                assert definition.row not in {c.row for c in link.candidates}
                assert definition.text[link.start : link.end] == link.text


def test_rows_without_a_definition_are_passed_over(toy, toy_linker):
    table = toy.table()
    rows = [table.labels.index(label) for label in ("Fever", "Left", "Aspirin")]
    done = []
    found = list(definition_texts(toy, toy_linker, rows=rows, progress=done.append))
    assert [table.labels[d.row] for d in found] == ["Fever", "Aspirin"]
    assert done == [1, 2]


def test_names_that_overlap_are_masked_as_one(make_base):
    base = make_base({}, {"Red": [("red blood", "exact", ""), ("blood cell", "exact", "")]}, {})
    row = base.table().labels.index("Red")
    assert mask_names("old red blood cells.", row, Linker.of(base)) == "old [MASK]."


def test_the_mask_itself_is_never_linked(make_base):
    base = make_base({"Mask": "Thing"}, {}, {"Thing": "A thing or a mask of Things."})
    (definition,) = definition_texts(base, Linker.of(base))
    assert definition.text == "A [MASK] or a mask of [MASK]."
    assert [(link.start, link.text) for link in definition.linked.links] == [(14, "mask")]
