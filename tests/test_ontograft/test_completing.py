"""embed and complete, as a person and as a program use them."""

import json

import pytest

PEOPLE = [f"p{number}" for number in range(24)]
EMBED = ("--width", 32, "--epochs", 12, "--batch", 16, "--valid", 0.1, "--test", 0.1)


@pytest.fixture(scope="module")
def family(ontograft, tmp_path_factory):
    """Who is married is the child of, and lives, where the other is; symmetric by axiom."""
    folder = tmp_path_factory.mktemp("family")
    lines = []
    for first, second in zip(PEOPLE[::2], PEOPLE[1::2], strict=True):
        town = f"t{PEOPLE.index(first) // 2 % 4}"
        lines += [
            f":{first} :marriedTo :{second} ; :livesIn :{town} .",
            f":{second} :marriedTo :{first} ; :livesIn :{town} .",
        ]
    subjects = "".join(
        f":{name} a owl:NamedIndividual . " for name in (*PEOPLE, "t0", "t1", "t2", "t3")
    )
    (folder / "family.ttl").write_text(
        "@prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "<http://example.org/> a owl:Ontology .\n"
        ":marriedTo a owl:ObjectProperty, owl:SymmetricProperty . :livesIn a owl:ObjectProperty .\n"
        f"{subjects}\n" + "\n".join(lines)
    )
    assert ontograft("load", folder / "kb.db", folder / "family.ttl").code == 0
    return folder


@pytest.fixture(scope="module")
def embeddings(inside, family):
    done = inside("embed", family / "kb.db", "--out", family / "vectors", *EMBED, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_embed_measures_held_out_edges_beside_its_parts(embeddings):
    assert {"mrr", "hits@1", "hits@3", "hits@10", "seconds"} <= set(embeddings)
    assert embeddings["triples"] == round(0.1 * 48)
    assert embeddings["train"] + embeddings["valid"] + embeddings["triples"] == 48
    # who is married to whom follows from the other way round, where a spouse lives from the spouse
    assert embeddings["rules alone"]["mrr"] > 0.9
    assert set(embeddings["vectors alone"]) == {"mrr", "hits@1", "hits@3", "hits@10"}


def test_complete_ranks_with_proofs_what_is_not_there(inside, family, embeddings, tmp_path):
    (tmp_path / "more.ttl").write_text(
        "@prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        ":stranger a owl:NamedIndividual ."
    )
    done = inside(
        "complete", family / "kb.db", ":p0", ":livesIn", "--embeddings", family / "vectors",
        "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    answers = json.loads(done.out)
    assert ":t0" not in [answer["curie"] for answer in answers]
    assert [answer["score"] for answer in answers] == sorted(
        (answer["score"] for answer in answers), reverse=True
    )
    heads = inside(
        "complete", family / "kb.db", ":t0", ":livesIn", "--inverse", "--embeddings",
        family / "vectors", "--k", 30, "--json",
    )  # fmt: skip
    told = {answer["curie"]: answer for answer in json.loads(heads.out)}
    assert ":p0" not in told
    printed = inside(
        "complete", family / "kb.db", ":p0", ":livesIn", "--embeddings", family / "vectors"
    )
    assert "concept" in printed.out


def test_a_removed_edge_is_completed_with_its_proof(inside, family, embeddings, tmp_path):
    text = (family / "family.ttl").read_text().replace(":p0 :marriedTo :p1 ; :livesIn :t0 .", "")
    (tmp_path / "family.ttl").write_text(text + "\n:p0 :marriedTo :p1 .")
    assert inside("load", tmp_path / "kb.db", tmp_path / "family.ttl").code == 0
    done = inside(
        "complete", tmp_path / "kb.db", ":p0", ":livesIn", "--embeddings", family / "vectors",
        "--json",
    )  # fmt: skip
    assert "has changed" in done.err
    proofs = {answer["curie"]: answer["proof"] for answer in json.loads(done.out)}
    rules = [proof["rule"] for proof in proofs[":t0"]]
    assert ":livesIn(x, y) :- :marriedTo(x, z), :livesIn(z, y)." in rules
    facts = [fact for proof in proofs[":t0"] for fact in proof["facts"]]
    assert [":p0", ":marriedTo", ":p1"] in facts
    assert [":p1", ":livesIn", ":t0"] in facts


@pytest.mark.parametrize("encoder", ["relational", "rgcn", "rgat"])
def test_an_encoder_answers_for_whom_it_never_met(inside, family, tmp_path, encoder):
    (tmp_path / "family.ttl").write_text((family / "family.ttl").read_text())
    inside("load", tmp_path / "kb.db", tmp_path / "family.ttl")
    done = inside(
        "embed", tmp_path / "kb.db", "--out", tmp_path / "vectors", "--encoder", encoder,
        "--layers", 1, *EMBED, "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert set(json.loads(done.out)["encoder none"]) >= {"mrr", "hits@10", "seconds"}
    (tmp_path / "family.ttl").write_text(
        (family / "family.ttl").read_text()
        + "\n:late a owl:NamedIndividual ; :marriedTo :p3 .\n:p3 :marriedTo :late ."
    )
    inside("load", tmp_path / "kb.db", tmp_path / "family.ttl")
    told = inside(
        "complete", tmp_path / "kb.db", ":late", ":livesIn", "--embeddings", tmp_path / "vectors",
        "--json",
    )  # fmt: skip
    assert told.code == 0, told.err
    assert json.loads(told.out)
    heads = inside(
        "complete", tmp_path / "kb.db", ":t1", ":livesIn", "--inverse", "--k", 40, "--json",
        "--embeddings", tmp_path / "vectors",
    )  # fmt: skip
    assert ":late" in [answer["curie"] for answer in json.loads(heads.out)]


def test_the_table_is_told_beside_the_encoder(inside, family, tmp_path):
    done = inside(
        "embed", family / "kb.db", "--out", tmp_path / "vectors", "--encoder", "relational", *EMBED
    )
    assert done.code == 0, done.err
    assert "mrr, vectors alone" in done.out
    assert "mrr, encoder none" in done.out


def test_the_baseline_can_be_left_out(inside, family, tmp_path):
    done = inside(
        "embed", family / "kb.db", "--out", tmp_path / "vectors", "--encoder", "relational",
        "--texts", "none", "--no-baseline", *EMBED, "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "encoder none" not in json.loads(done.out)
    assert not (tmp_path / "vectors" / "texts.safetensors").exists()


def test_given_edges_are_held_out(inside, family, tmp_path):
    held = tmp_path / "test.tsv"
    held.write_text(":p2\t:livesIn\t:t1\n")
    done = inside(
        "embed", family / "kb.db", "--out", tmp_path / "vectors", "--test", held, "--valid", 0,
        "--width", 8, "--epochs", 2, "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["triples"], told["train"]) == (1, 47)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--decoder", "best"), "complex, distmult, transe, rotate"),
        (("--width", 7), "odd"),
        (("--encoder", "gat"), "none, relational, rgcn, rgat"),
        (("--encoder", "relational", "--texts", "bert"), "none, hashed, minilm"),
        (("--loss", "bernoulli", "--negatives", 8), "takes all entities"),
        (("--test", 0.7, "--valid", 0.7), "come to 1.4"),
        (("--test", "none.tsv"), "none.tsv"),
    ],
)
def test_wrong_wishes_are_told_and_nothing_is_written(inside, family, tmp_path, arguments, words):
    done = inside("embed", family / "kb.db", "--out", tmp_path / "vectors", *arguments)
    assert done.code == 2
    assert words in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.iterdir())


def test_a_graph_without_edges_is_told(inside, tmp_path):
    (tmp_path / "one.ttl").write_text(
        "@prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        ":one a owl:Class ."
    )
    inside("load", tmp_path / "kb.db", tmp_path / "one.ttl")
    done = inside("embed", tmp_path / "kb.db", "--out", tmp_path / "vectors")
    assert done.code == 2
    assert "no edge" in done.err


@pytest.mark.parametrize(
    ("entity", "relation", "words"),
    [(":p99", ":livesIn", ":p99"), (":p0", ":likes", ":likes")],
)
def test_unknown_names_are_told(inside, family, embeddings, entity, relation, words):
    done = inside(
        "complete", family / "kb.db", entity, relation, "--embeddings", family / "vectors"
    )
    assert done.code == 2
    assert words in done.err


def test_an_altered_folder_is_refused(inside, family, embeddings, tmp_path):
    done = inside("complete", family / "kb.db", ":p0", ":livesIn", "--embeddings", tmp_path)
    assert (done.code, "no manifest.json" in done.err) == (2, True)
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in (family / "vectors").iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    with (copy / "vectors.safetensors").open("r+b") as file:
        file.seek(-4, 2)
        file.write(b"\x00\x00\x00\x00")
    altered = inside("complete", family / "kb.db", ":p0", ":livesIn", "--embeddings", copy)
    assert altered.code == 2
    assert "Traceback" not in altered.err


@pytest.fixture(scope="module")
def typed(ontograft, tmp_path_factory):
    """People of towns; t9 is a town, and said to live in one."""
    folder = tmp_path_factory.mktemp("typed")
    lines = [f":{name} a :Person ; :livesIn :t{at % 6} ." for at, name in enumerate(PEOPLE)]
    lines += [f":t{number} a :Town ." for number in range(10)]
    lines += [f":{a} :knows :{b} ." for a, b in zip(PEOPLE, PEOPLE[5:], strict=False)]
    (folder / "typed.ttl").write_text(
        "@prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "<http://example.org/> a owl:Ontology . :Person a owl:Class . :Town a owl:Class .\n"
        ":livesIn a owl:ObjectProperty ; rdfs:domain :Person ; rdfs:range :Town .\n"
        ":knows a owl:ObjectProperty, owl:AsymmetricProperty ; rdfs:range :Person .\n"
        ":t9 :livesIn :t0 .\n" + "\n".join(lines)
    )
    assert ontograft("load", folder / "kb.db", folder / "typed.ttl").code == 0
    return folder


def test_hard_axioms_keep_answers_and_tell_their_price(inside, typed, tmp_path):
    done = inside(
        "embed", typed / "kb.db", "--out", tmp_path / "vectors", *EMBED, "--mode", "all=hard",
        "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    price = json.loads(done.out)["axioms"]
    kept = price["with all as hard"]["violations"]
    assert set(kept["top 10"]) == {"domain and range", "irreflexive", "asymmetric"}
    assert not any(kept["top 10"].values())
    assert any(price["without"]["violations"]["top 10"].values())
    assert set(price["with one group as hard"]) == set(kept["top 10"])
    where = ("--embeddings", tmp_path / "vectors", "--k", 60, "--json")
    towns = json.loads(inside("complete", typed / "kb.db", ":p0", ":livesIn", *where).out)
    assert {answer["curie"] for answer in towns} <= {f":t{n}" for n in range(10)} | {
        ":Person", ":Town"
    }  # fmt: skip
    friends = json.loads(inside("complete", typed / "kb.db", ":p6", ":knows", *where).out)
    # p1 knows p6, so p6 does not know p1
    assert ":p1" not in {answer["curie"] for answer in friends}
    refused = inside("complete", typed / "kb.db", ":t1", ":livesIn", *where)
    assert refused.code == 2
    assert ":t1 may not be the head of :livesIn" in refused.err


@pytest.mark.parametrize(
    ("choice", "words"),
    [("domain", "no choice of a mode"), ("rang=hard", "Did you mean range"), ("all=x", "no mode")],
)
def test_wrong_modes_are_told(inside, typed, tmp_path, choice, words):
    done = inside("embed", typed / "kb.db", "--out", tmp_path / "vectors", "--mode", choice)
    assert done.code == 2
    assert words in done.err
    assert not list(tmp_path.iterdir())
