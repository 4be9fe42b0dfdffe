"""Tokens are those of Keras' own layer; documents and running text become Datasets."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autorecur.data.kinds import KINDS
from autorecur.data.read import read
from autorecur.data.text import dataset, dataset_of_text, prepare, prepare_text, read_plain
from autorecur.data.tokens import encode, tokenise, unit_of, vocabulary_of
from autorecur.errors import DataError, MissingFile, SettingError

CLASSES, NUMBERS = KINDS["text-classification"], KINDS["text-regression"]
STREAM = KINDS["language-model"]

HOSTILE = [
    "",
    "   \t\n\r\x0b\x0c ",
    "!!! ... ?!",
    "Don't STOP — l'été, ÉTÉ İstanbul ß ẞ",
    "a\x0bb\x0cc\x1cd\x1fe\x85f\u00a0g\u2003h\u200bi\ufeffj\u2028k",
    "👩‍👩‍👧 family 🇩🇪 flags 👍🏽",
    "שלום עולם، مرحبا بالعالم",
    "très　全角　スペース 你好。世界",
    "e\u0301 é ﬁ \ud7ff \U0010ffff",
    "C[C@@H](N)C(=O)O.[Na+]",
    "back\\slash `tick` {brace} ~tilde^ |pipe| [UNK] <OOV> _under_score_",
    "x" * 100_000,
    "word " * 20_000,
    "&lt;b&gt; https://t.co/x?a=1&b=2 @user #tag",
]

# What a saved network will do: the real layer, in a process of its own.
KERAS = """
import json, sys
import keras
import tensorflow as tf
answers = {}
for unit, case in json.load(open(sys.argv[1], encoding="utf-8")).items():
    shape = dict(standardize=None, split="character")
    if unit == "word":
        shape = dict(standardize="lower_and_strip_punctuation", split="whitespace")
    layer = keras.layers.TextVectorization(vocabulary=case["vocabulary"], ragged=True, **shape)
    rows = layer(tf.constant(case["documents"]))
    answers[unit] = rows.values.numpy().tolist(), rows.row_lengths().numpy().tolist()
json.dump(answers, open(sys.argv[2], "w"))
"""


def test_tokens_are_those_of_keras(tmp_path: Path, shared_table: Callable[[str], Path]) -> None:
    documents = list(HOSTILE)
    for name, column in (
        ("trec6", "text"),
        ("waimai_reviews_zh", "text"),
        ("esol_smiles", "smiles"),
    ):
        frame = pd.read_csv(shared_table(f"{name}.csv"), keep_default_na=False)
        documents += frame[column].tolist()
    cut = {unit: tokenise(documents, unit) for unit in ("word", "character")}
    everything = np.ones(len(documents), np.bool_)
    # All types but the rarest and the longest are known, so equal codes mean equal tokens.
    known = {unit: vocabulary_of(tokens, everything, None)[:-1] for unit, tokens in cut.items()}
    case, answer = tmp_path / "case.json", tmp_path / "answer.json"
    asked = {unit: {"documents": documents, "vocabulary": known[unit]} for unit in cut}
    case.write_text(json.dumps(asked), encoding="utf-8")
    environment = os.environ | {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    script = [sys.executable, "-c", KERAS, str(case), str(answer)]
    subprocess.run(script, env=environment, check=True, capture_output=True)
    for unit, (values, lengths) in json.loads(answer.read_text()).items():
        assert cut[unit].lengths.tolist() == lengths
        codes, offsets = encode(cut[unit], known[unit])
        there = np.repeat(cut[unit].lengths > 0, np.diff(offsets))
        assert codes[there, 0].tolist() == values
        assert (codes[~there] == 1).all()  # a document without a token is one unknown one


def test_a_word_with_a_zero_byte_or_a_lone_surrogate_is_unknown() -> None:
    cut = tokenise(["a\0 b", "a \ud800"], "word")
    vocabulary = vocabulary_of(cut, np.array([True, True]), None)
    assert set(vocabulary) == {"a", "b"}
    cut = tokenise(["a\0", "\ud800b"], "character")
    assert "\0" not in vocabulary_of(cut, np.array([True, True]), None)
    assert cut.lengths.tolist() == [2, 2]


@pytest.mark.parametrize("unit", ["word", "character"])
def test_many_documents_take_seconds(unit: str) -> None:
    documents = ["the quick brown fox jumps over the lazy dog " * 6] * 50_000 + ["x " * 50_000]
    begin = time.perf_counter()
    cut = tokenise(documents, unit)
    codes, offsets = encode(cut, vocabulary_of(cut, np.ones(50_001, np.bool_), 20_000))
    assert time.perf_counter() - begin < 10
    assert len(codes) == offsets[-1] == sum(cut.lengths)


@pytest.mark.parametrize(
    ("documents", "unit", "why"),
    [
        (["How far is it?", "Who?"], "word", "words"),
        (["很好吃", "不错 下次再来"], "character", "without spaces"),
        (["ขอบคุณ ครับ", "สวัสดี"], "character", "without spaces"),
        (["감사합니다 여러분", "안녕 하세요"], "word", "words"),
        (["שלום לכם", "مرحبا بالعالم"], "word", "words"),
        (["CCO", "c1ccccc1"], "character", "no space"),
        (["ACGT" * 20 + " " + "GATTACA" * 9] * 5, "character", "between two spaces"),
        (["", "  "], "word", "every text is empty"),
        (["👍", "👍 👍"], "word", "words"),
    ],
)
def test_words_or_characters(documents: list[str], unit: str, why: str) -> None:
    found, reason = unit_of(documents)
    assert found == unit
    assert why in reason


@pytest.mark.parametrize(
    ("name", "text", "target", "unit", "count"),
    [
        ("trec6.csv", "text", "label", "word", 6),
        ("sms_spam.csv", "text", "label", "word", 2),
        ("mr_polarity.csv.gz", "text", "label", "word", 2),
        ("waimai_reviews_zh.csv", "text", "label", "character", 2),
        ("esol_smiles.csv", "smiles", "log_solubility", "character", 0),
        ("names_by_language.csv", "name", "language", "character", 18),
        ("emoint.csv", "text", "intensity", "word", 0),
        ("airline_tweets.csv.gz", "text", "label", "word", 3),
    ],
)
def test_real_documents(
    shared_table: Callable[[str], Path], name: str, text: str, target: str, unit: str, count: int
) -> None:
    table = read(shared_table(name))
    split = "split" if "split" in table.frame.columns else None
    kind = CLASSES if count else NUMBERS
    found = dataset(table, text=text, target=target, split=split, kind=kind)
    assert found.schema.tokens == unit
    assert len(found.schema.classes) == count
    assert found.codes.shape == (found.offsets[-1], 1)
    assert found.values.shape == (found.offsets[-1], 0)
    assert np.diff(found.offsets).min() >= 1
    assert found.codes.min() >= 1
    assert found.codes.max() < found.code_sizes[0] == len(found.vocabulary) + 2
    assert len(found.labels) == len(found.series) == len(found.offsets) - 1
    again = prepare(table, found.schema, found.vocabulary)
    kept = np.isin(again.series, found.series)
    assert np.array_equal(again.labels[kept], found.labels)
    if kept.all():
        assert np.array_equal(again.codes, found.codes)
    if split is None:  # identical documents are in one part
        assert not any(finding.code == "AR107" for finding in found.findings)
        texts = table.frame[text].fillna("").str.strip().to_numpy()[kept]
        for fold in (*found.split.duel, found.split.holdout):
            assert not np.isin(texts[fold.test], texts[fold.train]).any()


def frame(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    words = np.array(["fine", "good", "bad", "film", "plot", "the", "a"])
    texts = [" ".join(rng.choice(words, 5)) + f" w{row}" for row in range(rows)]
    return pd.DataFrame({"say": texts, "mood": rng.choice(["up", "down"], rows), "n": 1.5})


def test_the_holdouts_words_are_unknown() -> None:
    found = dataset(read(frame()), text="say", target="mood", kind=CLASSES)
    holdout = found.split.holdout.test
    for row in range(60):
        assert (f"w{row}" in found.vocabulary) == (row not in holdout)
        last = found.codes[found.offsets[row + 1] - 1, 0]
        assert (last == 1) == (row in holdout)
    assert found.vocabulary.index("the") < found.vocabulary.index(f"w{found.split.duel[0].test[0]}")


def test_the_holdouts_documents_are_kept_to_be_shown_cut() -> None:
    table = frame()
    table["say"] = [f"{row} <b>{'very ' * row}long" for row in range(60)]
    found = dataset(read(table), text="say", target="mood", kind=CLASSES)
    shown = table["say"].iloc[found.split.holdout.test].tolist()
    assert len(found.excerpts) == len(shown) and any(len(text) > 160 for text in shown)
    for excerpt, whole in zip(found.excerpts, shown, strict=True):
        assert len(excerpt) <= 160
        assert whole.startswith(excerpt.removesuffix("…"))
        assert excerpt.endswith("…") == (len(whole) > 160)


def test_documents_that_nearly_repeat_are_in_one_part() -> None:
    table = frame(200)
    table.loc[100:, "say"] = [f"{text.upper()}!" for text in table["say"][:100]]
    table["say"] += [f" {row}" for row in range(200)]
    table["part"] = ["train"] * 150 + ["test"] * 50
    found = dataset(read(table), text="say", target="mood", drop=["n"], kind=CLASSES)
    holdout = np.isin(np.arange(200), found.split.holdout.test)
    assert np.array_equal(holdout[:100], holdout[100:])
    told = dataset(read(table), text="say", target="mood", split="part", kind=CLASSES).findings
    assert [(one.code, one.level) for one in told] == [("AR107", "issue")]
    assert "50 of 50 held-out documents (100.0%)" in told[0].sentence


def test_rare_classes_are_told() -> None:
    table = frame()
    table.loc[:2, "mood"] = "sideways"
    found = dataset(read(table), text="say", target="mood", kind=CLASSES)
    assert any(f.code == "AR109" and "'sideways'" in f.sentence for f in found.findings)


def test_a_long_token_is_in_no_vocabulary() -> None:
    cut = tokenise(["short " + "x" * 101], "word")
    assert vocabulary_of(cut, np.array([True]), None) == ("short",)


def test_empty_missing_and_unlabelled_documents() -> None:
    table = frame()
    table.loc[3, "say"] = "..."
    table.loc[4, "say"] = None
    table.loc[[5, 6], "mood"] = None
    found = dataset(read(table), text="say", target="mood", kind=CLASSES)
    assert len(found.series) == 58
    assert found.series[3:6] == ("3", "4", "7")
    for row in (3, 4):
        assert found.codes[found.offsets[row] : found.offsets[row + 1], 0].tolist() == [1]
    told = " ".join(finding.sentence for finding in found.findings)
    assert "1 text was missing in 'say'" in told
    assert "2 documents have no label and were left out, the first in row 5" in told
    assert "2 of 58 documents have no token" in told


def test_a_document_of_numbers_is_read_later_but_not_learnt() -> None:
    with pytest.raises(DataError, match="'n' holds numbers, such as"):
        dataset(read(frame()), text="n", target="mood", kind=CLASSES)
    found = dataset(read(frame()), text="say", target="mood", kind=CLASSES)
    one = prepare(read(pd.DataFrame({"say": [42]})), found.schema, found.vocabulary)
    assert one.codes.tolist() == [[1]]
    assert np.isnan(one.labels).all()


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"text": "said"}, DataError, "no text column 'said' .did you mean 'say'"),
        ({"target": None}, SettingError, "name its column with --target"),
        ({"target": "say"}, SettingError, "'say' was given two roles"),
        ({"tokens": "syllable"}, SettingError, "tokens is word, character or auto"),
        ({"kind": NUMBERS}, DataError, "the target 'mood' is not numeric"),
    ],
)
def test_refusals(given: dict[str, object], error: type[Exception], message: str) -> None:
    asked = {"text": "say", "target": "mood", "kind": CLASSES} | given
    with pytest.raises(error, match=message):
        dataset(read(frame()), **asked)  # type: ignore[arg-type]


def test_texts_of_punctuation_only_are_refused() -> None:
    table = frame().assign(say=["!" * (1 + row) for row in range(60)])
    with pytest.raises(DataError, match="no word to learn from"):
        dataset(read(table), text="say", target="mood", kind=CLASSES, tokens="word")


def test_shakespeare(shared_table: Callable[[str], Path]) -> None:
    plain = read_plain(shared_table("tiny_shakespeare.txt"))
    found = dataset_of_text(plain.name, plain.text, fingerprint=plain.fingerprint)
    assert (found.rows, len(found.vocabulary), found.horizon) == (1_115_394, 65, 128)
    assert "".join(found.vocabulary[code - 2] for code in found.codes[:13, 0]) == "First Citizen"
    assert not (found.codes == 1).any()
    again = prepare_text(plain.text, found.schema, found.vocabulary)
    assert np.array_equal(again.codes, found.codes)
    words = dataset_of_text(plain.name, plain.text, tokens="word")
    assert words.horizon == 64
    assert words.vocabulary[:3] == ("the", "and", "to")


def test_the_vocabulary_of_running_text_is_of_its_training_part() -> None:
    found = dataset_of_text("abc", "abcdefgh" * 200 + "z" * 50)
    assert "z" not in found.vocabulary
    assert found.codes[-1, 0] == 1


def test_a_column_of_documents_as_running_text() -> None:
    table = frame(200)
    found = dataset(read(table), text="say", kind=STREAM)
    assert found.schema.names("text") == ("say",)
    assert found.targets == 0
    joined = "\n".join(table["say"])
    assert found.rows == len(joined)
    again = prepare(read(table), found.schema, found.vocabulary)
    assert np.array_equal(again.codes, found.codes)


def test_plain_files(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt.gz"
    path.write_bytes(gzip.compress("eins\r\nzwei\rdrei — é".encode()))
    plain = read_plain(path)
    assert (plain.name, plain.text) == ("notes", "eins\nzwei\ndrei — é")
    for encoding in ("utf-16", "utf-8-sig"):
        path.write_bytes("äöü 很".encode(encoding))
        assert read_plain(path).text == "äöü 很"
    bad = {"line 2 has the byte 0xe9": b"a\ncaf\xe9", "is empty": b" \n", "zero byte": b"a\0b"}
    for message, content in bad.items():
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            read_plain(path)
    path.write_bytes(gzip.compress(b"text" * 100)[:-9])
    with pytest.raises(DataError, match="cannot be read"):
        read_plain(path)
    with pytest.raises(MissingFile):
        read_plain(tmp_path / "none.txt")
