"""The service as a real process on the loopback address."""

import http.client
import json
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

TEXT = "A red animal that hunts near the feather nest of a diving bird."


@pytest.fixture(scope="module")
def port(zoo_model: Path) -> Iterator[int]:
    """A service that answers with the zoo model."""
    yield from served(zoo_model)


@pytest.fixture(scope="module")
def port_without_model(zoo_model: Path) -> Iterator[int]:
    """A service that answers with the zoo's knowledge base alone."""
    yield from served(zoo_model.parent / "zoo.sqlite")


def served(place: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "ontograft", "serve", str(place), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = ""
        while "Serving" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
        assert found, said
        yield int(found[1])
        process.terminate()


def ask(port: int, path: str, body: object = None) -> tuple[int, str, bytes]:
    """Status, content type and body of an answer; a body given makes it a POST."""
    payload = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", payload, {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers["content-type"], answer.read()
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.code, fault.headers["content-type"], fault.read()


def fault(answer: tuple[int, str, bytes]) -> tuple[int, dict[str, str]]:
    """Status and members of a problem document."""
    status, kind, body = answer
    assert kind == "application/problem+json"
    problem = json.loads(body)
    assert {"what", "where", "mend", "status", "title", "type"} <= set(problem)
    assert problem["status"] == status
    return status, problem


def test_it_says_that_it_answers_and_with_what(port):
    status, _, body = ask(port, "/healthz")
    health = json.loads(body)
    assert (status, health["status"]) == (200, "ok")
    assert health["kb_version"]
    assert health["model_version"]


def test_link_and_predict_answer_as_the_commands_do(port, inside, zoo_model):
    predicted = json.loads(ask(port, "/predict", {"text": TEXT})[2])
    assert predicted == inside("predict", zoo_model, TEXT, "--json").document
    linked = json.loads(ask(port, "/link", {"text": TEXT})[2])
    assert linked["links"] == predicted["links"]


def test_several_texts_are_answered_in_their_order(port):
    answers = json.loads(ask(port, "/link", {"texts": ["a fish", "nothing", "a bird"]})[2])
    assert [[link["curie"] for link in each["links"]] for each in answers] == [
        ["zoo:fish"],
        [],
        ["zoo:bird"],
    ]


def test_a_full_batch_is_answered_as_its_texts_one_by_one(port):
    kinds = ["a fish", "nothing", "a bird", ""]
    one_by_one = [json.loads(ask(port, "/link", {"text": text})[2]) for text in kinds]
    status, _, body = ask(port, "/link", {"texts": kinds * 16})
    assert status == 200
    assert json.loads(body) == one_by_one * 16
    assert json.loads(ask(port, "/link", {"texts": []})[2]) == []


def test_given_mentions_are_grounded_as_by_the_command(port_without_model, inside, zoo_model):
    asked = {"mentions": ["diving birds", "zzz"], "k": 2}
    answers = json.loads(ask(port_without_model, "/ground", asked)[2])
    done = inside("ground", zoo_model.parent / "zoo.sqlite", *asked["mentions"], "--k", 2, "--json")
    assert answers == [json.loads(line) for line in done.out.splitlines()]
    assert answers[0]["candidates"]


def test_a_model_grounds_too(port):
    [answer] = json.loads(ask(port, "/ground", {"mentions": ["a bird"], "texts": ["A bird."]})[2])
    assert answer["candidates"][0]["curie"] == "zoo:bird"


@pytest.mark.parametrize(
    "body",
    [{}, {"mentions": "a"}, {"mentions": ["a"], "k": 0}, {"mentions": ["a"], "texts": ["b", "c"]}],
)
def test_wrong_mentions_are_told(port_without_model, body):
    assert fault(ask(port_without_model, "/ground", body))[0] == 422


def test_a_knowledge_base_alone_answers_all_but_predict(port_without_model, port):
    text = {"text": "a fish"}
    assert ask(port_without_model, "/link", text)[2] == ask(port, "/link", text)[2]
    assert ask(port_without_model, "/entities/zoo:bird")[0] == 200
    assert "model_version" not in json.loads(ask(port_without_model, "/healthz")[2])
    assert fault(ask(port_without_model, "/predict", text))[0] == 404
    assert "/predict" not in json.loads(ask(port_without_model, "/openapi.json")[2])["paths"]


def test_half_a_surrogate_pair_is_told(port):
    status, problem = fault(ask(port, "/link", b'{"texts": ["a fish", "\\ud83e"]}'))
    assert status == 422
    assert "texts" in problem["where"]


def test_an_entity_is_found_by_curie_and_iri(port, ontograft, zoo_model):
    shown = ontograft("show", zoo_model.parent / "zoo.sqlite", "zoo:bird", "--json").document
    assert json.loads(ask(port, "/entities/zoo:bird")[2]) == shown
    by_iri = ask(port, "/entities/" + "https%3A%2F%2Fexample.org%2Fzoo%23bird")
    assert json.loads(by_iri[2]) == shown


def test_an_unknown_entity_is_not_found(port):
    status, problem = fault(ask(port, "/entities/zoo:brid"))
    assert status == 404
    assert "zoo:bird" in problem["what"] + problem["mend"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "a", "texts": ["b"]},
        {"txet": "a"},
        {"text": 7},
        {"text": "a" * 20_001},
        {"texts": ["a"] * 65},
        b"{no json",
    ],
)
def test_a_wrong_request_is_told_what_is_wanted(port, body):
    status, problem = fault(ask(port, "/link", body))
    assert status == 422
    assert '{"text": "..."}' in problem["mend"]


def test_an_unknown_path_is_a_problem_too(port):
    assert fault(ask(port, "/nothing"))[0] == 404


def test_a_body_above_the_limit_is_refused_before_it_is_read(port):
    assert fault(ask(port, "/link", b" " * ((1 << 20) + 1)))[0] == 413


def test_a_body_without_an_announced_length_is_limited_too(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    pieces = (b" " * 65_536 for _ in range(17))
    connection.request("POST", "/link", pieces, {"content-type": "application/json"})
    answer = connection.getresponse()
    assert fault((answer.status, answer.headers["content-type"], answer.read()))[0] == 413
    connection.close()


def test_requests_at_the_same_time_get_the_same_answer(port):
    expected = ask(port, "/predict", {"text": TEXT})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(port, "/predict", {"text": TEXT}), range(16)))
    assert all(answer == expected for answer in answers)


def test_the_page_needs_no_other_host(port):
    status, kind, body = ask(port, "/docs")
    assert status == 200
    assert kind.startswith("text/html")
    assert b"http://" not in body
    assert b"https://" not in body


def test_the_description_names_every_route(port):
    document = json.loads(ask(port, "/openapi.json")[2])
    assert set(document["paths"]) == {
        "/link",
        "/ground",
        "/predict",
        "/entities/{curie}",
        "/healthz",
    }


def test_a_taken_port_is_told_at_once(ontograft, zoo_model):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = ontograft("serve", zoo_model, "--port", taken.getsockname()[1])
    assert told.code == 1
    assert "--port" in told.err
    assert "Traceback" not in told.err
