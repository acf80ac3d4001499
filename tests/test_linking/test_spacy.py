import subprocess
import sys
from importlib.metadata import entry_points

import pytest
import spacy
from spacy.tokens import DocBin, Span

from kg import KnowledgeBase
from linking import SettingsError

TOY = """\
format-version: 1.2
ontology: toy

[Term]
id: TOY:0001
name: ventricular septal defect
synonym: "室间隔缺损" EXACT []

[Term]
id: TOY:0002
name: septal defect

[Term]
id: TOY:0003
name: fever
"""
IRI = "http://purl.obolibrary.org/obo/TOY_000"


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    (folder / "toy.obo").write_text(TOY, encoding="utf-8")
    with KnowledgeBase.open(folder / "toy.sqlite", create=True) as base:
        base.load(folder / "toy.obo")
    return str(folder / "toy.sqlite")


@pytest.fixture
def pipeline(kb):
    def make(language="en", **config):
        nlp = spacy.blank(language)
        nlp.add_pipe("ontograft_linker", config={"kb": kb, **config})
        return nlp

    return make


def ids(spans):
    return [(span.text, span.kb_id_) for span in spans]


def test_spacy_finds_the_component_by_its_entry_point():
    (found,) = entry_points(group="spacy_factories", name="ontograft_linker")
    assert found.value == "linking.spacy_component:make_linker"


def test_importing_linking_imports_no_spacy():
    program = "import linking, sys; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_link_is_an_entity_with_its_concept(pipeline):
    doc = pipeline()("🫀 A fever.")
    (ent,) = doc.ents
    assert (ent.text, ent.label_, ent.kb_id_) == ("fever", "CONCEPT", "TOY:0003")
    assert doc.text[ent.start_char : ent.end_char] == "fever"
    assert ent._.iri == f"{IRI}3"
    assert 0.9 < ent._.probability < 1
    (candidate,) = ent._.candidates
    assert candidate["curie"] == "TOY:0003"
    assert candidate["why"] == "label: fever (+3.0)"


def test_chinese_is_linked_by_characters(pipeline):
    doc = pipeline("zh")("他有室间隔缺损。")
    assert ids(doc.ents) == [("室间隔缺损", "TOY:0001")]


def test_links_that_overlap_stand_in_the_span_group(pipeline):
    doc = pipeline(settings={"overlap": "all"})("a ventricular septal defect")
    both = [("ventricular septal defect", "TOY:0001"), ("septal defect", "TOY:0002")]
    assert ids(doc.spans["ontograft"]) == both
    assert ids(doc.ents) == both[:1]


def with_entity(nlp, text, word, label):
    doc = nlp.make_doc(text)
    start = text.index(word)
    doc.ents = [doc.char_span(start, start + len(word), label=label)]
    return nlp(doc)


def test_entities_of_others_stay(pipeline):
    text = "a septal defect with fever in Rome"
    doc = with_entity(pipeline(), text, "in Rome", "PLACE")
    assert [(ent.text, ent.label_) for ent in doc.ents][-1] == ("in Rome", "PLACE")
    # the same span: its label stays and the concept comes to it
    doc = with_entity(pipeline(), text, "fever", "SYMPTOM")
    assert [(e.text, e.label_, e.kb_id_) for e in doc.ents] == [
        ("septal defect", "CONCEPT", "TOY:0002"),
        ("fever", "SYMPTOM", "TOY:0003"),
    ]
    # another span that overlaps: it stays unless told otherwise
    doc = with_entity(pipeline(), text, "with fever", "SYMPTOM")
    assert [ent.text for ent in doc.ents] == ["septal defect", "with fever"]
    assert [span.text for span in doc.spans["ontograft"]] == ["septal defect", "fever"]
    doc = with_entity(pipeline(overwrite_ents=True), text, "with fever", "SYMPTOM")
    assert ("fever", "TOY:0003") in ids(doc.ents)


@pytest.mark.parametrize(
    ("mode", "spans"), [("strict", []), ("contract", []), ("expand", ["fever_max"])]
)
def test_a_link_within_a_token_is_left_out_or_widened_as_told(pipeline, mode, spans):
    # spaCy takes "fever_max" for one token, the linker sees a name before "_"
    doc = pipeline(alignment_mode=mode)("the fever_max")
    assert [token.text for token in doc] == ["the", "fever_max"]
    assert [span.text for span in doc.spans["ontograft"]] == spans


def test_documents_come_back_from_a_docbin_with_all_they_knew(pipeline):
    nlp = pipeline(settings={"overlap": "all"})
    doc = nlp("A fever and a ventricular septal defect (VSD).")
    stored = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    (again,) = DocBin().from_bytes(stored).get_docs(nlp.vocab)
    for before, after in (
        (doc.ents, again.ents),
        (doc.spans["ontograft"], again.spans["ontograft"]),
    ):
        assert len(before) == len(after) > 2
        for one, other in zip(before, after, strict=True):
            assert (one.start_char, one.end_char, one.label_) == (
                other.start_char,
                other.end_char,
                other.label_,
            )
            assert one.kb_id_ == other.kb_id_ != ""
            for name in ("iri", "probability", "candidates"):
                assert Span.get_extension(name) is not None
                assert getattr(one._, name) == getattr(other._, name) is not None


def test_a_pipeline_is_saved_and_loaded_with_its_linker(pipeline, tmp_path):
    pipeline(label="FINDING").to_disk(tmp_path / "nlp")
    doc = spacy.load(tmp_path / "nlp")("fever")
    assert [(ent.kb_id_, ent.label_) for ent in doc.ents] == [("TOY:0003", "FINDING")]


def test_a_document_without_text_has_no_links(pipeline):
    doc = pipeline()("")
    assert (len(doc.ents), len(doc.spans["ontograft"])) == (0, 0)


def test_a_setting_that_is_not_known_is_refused(pipeline):
    with pytest.raises(SettingsError, match='unknown key "overlaps"'):
        pipeline(settings={"overlaps": "all"})
