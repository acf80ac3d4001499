import pytest

from kg import FileFaultError, SyntaxFaultError
from linking import GoldLink, TextRow, TextsError, read_texts


def test_a_text_file_has_a_text_a_line(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_bytes("\ufeffFever.\r\n\n  \n债券\n".encode())
    assert list(read_texts(path)) == [TextRow("1", "Fever."), TextRow("4", "债券")]


def test_a_jsonl_file_has_gold_labels_and_split(tmp_path):
    path = tmp_path / "texts.jsonl"
    path.write_text(
        '{"id": "a", "text": "a bond", "links": [{"start": 2, "end": 6, "curie": "T:1"}],'
        ' "labels": ["T:9"], "split": "train"}\n'
        '{"text": "nothing in it", "links": []}\n'
        '{"id": 7, "text": "not marked"}\n',
        encoding="utf-8",
    )
    assert list(read_texts(path)) == [
        TextRow("a", "a bond", (GoldLink(2, 6, "T:1"),), ("T:9",), "train"),
        TextRow("2", "nothing in it", ()),
        TextRow("7", "not marked", None),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("texts.csv", b"a,b", r'texts\.csv: "\.csv" is not a kind .*\.jsonl'),
        ("texts.txt", b"\n \n", r"texts\.txt: holds no text"),
        ("texts.txt", b"", r"texts\.txt: holds no text"),
    ],
)
def test_a_file_that_is_no_corpus_is_named(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileFaultError, match=message):
        list(read_texts(path))


def test_a_missing_file_and_a_folder_are_told_before_reading(tmp_path):
    with pytest.raises(FileFaultError, match="no such file"):
        read_texts(tmp_path / "none.txt")
    with pytest.raises(FileFaultError, match="is a folder"):
        read_texts(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"text": "a" "b"}', r"texts\.jsonl:2:14: not JSON"),
        (b"caf\xe9", r"texts\.jsonl:2:4: byte 0xe9 is not UTF-8"),
    ],
)
def test_a_syntax_fault_has_its_line_and_column(tmp_path, line, message):
    path = tmp_path / "texts.jsonl"
    path.write_bytes(b'{"text": "fine"}\n' + line + b"\n")
    with pytest.raises(SyntaxFaultError, match=message):
        list(read_texts(path))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[]", "not a JSON object"),
        ('{"id": "a"}', '"text" is missing'),
        ('{"text": 1}', '"text" is missing or no string'),
        ('{"text": "a", "label": []}', 'unknown field "label" .nearest: "labels"'),
        ('{"text": "a", "labels": "x"}', '"labels" is no list of strings'),
        ('{"text": "a", "split": 1}', '"split" is no string'),
        ('{"text": "a", "links": {}}', '"links" is no list'),
        ('{"text": "a", "links": [{"start": 0}]}', "a link lacks 'end'"),
        ('{"text": "a", "links": [3]}', "a link lacks"),
        (
            '{"text": "a", "links": [{"start": 0, "end": 2, "curie": "T:1"}]}',
            r"0\.\.2 does not lie in the text of 1 characters",
        ),
        ('{"text": "a", "links": [{"start": 0, "end": 1, "curie": 1}]}', '"curie" of the link'),
    ],
)
def test_a_field_that_is_wrong_is_named_with_its_line(tmp_path, line, message):
    path = tmp_path / "texts.jsonl"
    path.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(TextsError, match=rf"texts\.jsonl:1: .*{message}"):
        list(read_texts(path))
