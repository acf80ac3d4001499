import pytest

from kg import SyntaxFaultError
from linking import GoldLink, TextRow, TextsError, read_texts, write_texts

PRODIGY = """\
{"text": "🫀 Cafe\u0301 室间隔缺损\\r\\n", "spans": [{"start": 2, "end": 7, "text": "Cafe\u0301", \
"label": "PLACE", "kb_id": "TOY:1", "name": "Café"}], "meta": {"id": "a"}, "answer": "accept"}
{"text": "A bond", "spans": [{"start": 2, "end": 6, "text": "bond", "label": "CONCEPT", "kb_id": \
"TOY:6", "score": 0.9}], "meta": {"id": "b"}}
{"text": "not marked", "meta": {"id": "c"}}
"""


def read(folder, content):
    path = folder / "x.jsonl"
    path.write_text(content, encoding="utf-8")
    return list(read_texts(path))


def test_a_file_is_told_by_its_first_line_and_written_again_byte_for_byte(tmp_path):
    rows = read(tmp_path, PRODIGY)
    assert rows == [
        TextRow("a", "🫀 Cafe\u0301 室间隔缺损\r\n", (GoldLink(2, 7, "TOY:1", "PLACE", "Café"),)),
        TextRow("b", "A bond", (GoldLink(2, 6, "TOY:6", "CONCEPT", "", 0.9),)),
        TextRow("c", "not marked"),
    ]
    write_texts(tmp_path / "again.jsonl", rows, format="prodigy")
    assert (tmp_path / "again.jsonl").read_bytes() == PRODIGY.encode()


def test_only_accepted_tasks_say_what_is_in_a_text(tmp_path):
    task = '{"text": "fever", "spans": [{"start": 0, "end": 5, "label": "D", "kb_id": "X:1"}], '
    rows = read(
        tmp_path, "".join(f'{task}"answer": "{a}"}}\n' for a in ("accept", "reject", "ignore"))
    )
    assert rows == [
        TextRow("1", "fever", (GoldLink(0, 5, "X:1", "D"),)),
        TextRow("2", "fever"),
        TextRow("3", "fever"),
    ]


def test_spans_without_a_concept_are_no_links(tmp_path):
    spans = '{"start": 0, "end": 1, "label": "D"}, {"start": 2, "end": 3, "kb_id": "NIL"}'
    assert read(tmp_path, f'{{"text": "a b", "spans": [{spans}]}}') == [TextRow("1", "a b", ())]


def test_our_own_lines_stay_our_own(tmp_path):
    row = TextRow("1", 'he said "answer": "spans":', (GoldLink(0, 2, "X:1"),))
    write_texts(tmp_path / "x.jsonl", [row])
    assert list(read_texts(tmp_path / "x.jsonl")) == [row]


@pytest.mark.parametrize(
    ("line", "fault", "message"),
    [
        ('{"text": "a", "spans": [', SyntaxFaultError, r"jsonl:1:\d+: not JSON"),
        ('{"spans": []}', TextsError, r"jsonl:1: not a task: KeyError"),
        ('{"text": 1, "spans": []}', TextsError, r'jsonl:1: .*"text" is no string'),
        ('{"text": "a", "answer": "maybe"}', TextsError, r'the answer "maybe" is none of accept'),
        ('{"text": "a", "spans": [{"start": 0, "end": 2}]}', TextsError, r"0\.\.2 does not lie"),
        (
            '{"text": "ab", "spans": [{"start": 0, "end": 2, "text": "xy"}]}',
            TextsError,
            r'jsonl:1: 0\.\.2 of the text is "ab", not "xy"',
        ),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path, line, fault, message):
    with pytest.raises(fault, match=message):
        read(tmp_path, line)
