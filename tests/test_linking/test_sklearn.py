import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from kg import KnowledgeBase
from linking import Linker, LinkerSettings, SettingsError, TextsError
from linking.sklearn_transformer import ConceptVectorizer

TOY = """\
format-version: 1.2
ontology: toy

[Term]
id: TOY:1
name: finding

[Term]
id: TOY:2
name: fever
is_a: TOY:1

[Term]
id: TOY:3
name: high fever
is_a: TOY:2

[Term]
id: TOY:4
name: cold
is_a: TOY:1

[Term]
id: TOY:5
name: shivering cold
synonym: "cold" EXACT []
is_a: TOY:4
"""
TEXTS = ["A fever. A high fever!", "nothing", "The cold is gone."]


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    (folder / "toy.obo").write_text(TOY, encoding="utf-8")
    with KnowledgeBase.open(folder / "toy.sqlite", create=True) as base:
        base.load(folder / "toy.obo")
    return str(folder / "toy.sqlite")


def linked(kb, text):
    with KnowledgeBase.open(kb) as base:
        return Linker.of(base).link(text).links


def test_a_text_becomes_the_probabilities_of_its_concepts(kb):
    vectorizer = ConceptVectorizer(kb)
    matrix = vectorizer.fit_transform(TEXTS)
    assert list(vectorizer.get_feature_names_out()) == ["TOY:2", "TOY:3", "TOY:4", "TOY:5"]
    fever, high_fever = linked(kb, TEXTS[0])
    (cold,) = linked(kb, TEXTS[2])
    expected = {c.curie: c.probability for c in cold.candidates}
    assert set(expected) == {"TOY:4", "TOY:5"}
    assert matrix.format == "csr"
    assert matrix.toarray().tolist() == [
        [fever.probability, high_fever.probability, 0, 0],
        [0, 0, 0, 0],
        [0, 0, expected["TOY:4"], expected["TOY:5"]],
    ]


def test_parents_get_what_is_below_them(kb):
    vectorizer = ConceptVectorizer(kb, parents=1).fit(TEXTS)
    assert list(vectorizer.concepts_) == ["TOY:1", "TOY:2", "TOY:3", "TOY:4", "TOY:5"]
    fever, high_fever = linked(kb, TEXTS[0])
    (cold,) = linked(kb, TEXTS[2])
    own, below = (
        next(c.probability for c in cold.candidates if c.curie == curie)
        for curie in ("TOY:4", "TOY:5")
    )
    both = max(fever.probability, high_fever.probability)
    assert vectorizer.transform([TEXTS[0], TEXTS[2]]).toarray() == pytest.approx(
        np.array(
            [
                [fever.probability, both, high_fever.probability, 0, 0],
                [own, 0, 0, own + below, below],
            ]
        )
    )
    all_levels = ConceptVectorizer(kb, parents=9).fit(TEXTS)
    assert all_levels.transform(TEXTS)[0, 0] == pytest.approx(both)


def test_concepts_that_fit_did_not_see_have_no_column(kb):
    vectorizer = ConceptVectorizer(kb).fit(["fever"])
    assert vectorizer.transform(["a cold", "fever"]).toarray()[:, 0].tolist() == [
        0,
        linked(kb, "fever")[0].probability,
    ]


def test_it_works_in_a_pipeline_and_a_search(kb):
    texts = ["A fever.", "It is fever", "cold", "the cold"] * 3
    labels = [1, 1, 0, 0] * 3
    pipeline = make_pipeline(ConceptVectorizer(kb), LogisticRegression())
    search = GridSearchCV(pipeline, {"conceptvectorizer__parents": [0, 1]}, cv=3)
    search.fit(texts, labels)
    assert search.predict(["so much fever", "so cold"]).tolist() == [1, 0]
    names = search.best_estimator_[:-1].get_feature_names_out()
    assert "TOY:2" in names
    assert "ConceptVectorizer" in pipeline._repr_html_()


def test_a_clone_has_the_parameters_and_is_not_fitted(kb):
    vectorizer = ConceptVectorizer(kb, settings={"overlap": "all"}, parents=2).fit(TEXTS)
    copy = clone(vectorizer)
    assert copy.get_params() == vectorizer.get_params()
    assert repr(copy) == f"ConceptVectorizer(kb={kb!r}, settings={{'overlap': 'all'}}, parents=2)"
    with pytest.raises(SettingsError, match="not fitted"):
        copy.transform(TEXTS)


def test_it_travels_to_other_processes(kb):
    vectorizer = ConceptVectorizer(kb).fit(TEXTS)
    again = pickle.loads(pickle.dumps(vectorizer))
    assert (again.transform(TEXTS) != vectorizer.transform(TEXTS)).nnz == 0


def test_settings_reach_the_linker(kb):
    text = ["A high fever!"]
    assert list(ConceptVectorizer(kb).fit(text).concepts_) == ["TOY:3"]
    everything = ConceptVectorizer(kb, settings={"overlap": "all", "nil_threshold": 1.0}).fit(text)
    assert list(everything.concepts_) == ["TOY:2", "TOY:3"]
    assert LinkerSettings().overlap == "longest"


def test_faults_are_told(kb):
    vectorizer = ConceptVectorizer(kb)
    with pytest.raises(TextsError, match="a text alone"):
        vectorizer.fit("fever")
    with pytest.raises(TextsError, match="the text at 1 is a float"):
        vectorizer.fit(["fever", float("nan")])
    with pytest.raises(TextsError, match="no concept of the knowledge base"):
        vectorizer.fit(["nothing"])
    with pytest.raises(SettingsError, match=r'no parameter "levels".*parents'):
        vectorizer.set_params(levels=1)
    with pytest.raises(SettingsError, match=r"parents is 1\.5"):
        vectorizer.set_params(parents=1.5).fit(["fever"])


def test_importing_it_imports_no_scikit_learn():
    program = "import linking.sklearn_transformer, sys; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
