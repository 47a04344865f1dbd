"""TextData: lines as codes, the vocabulary, what is held out, text in the data's own units, and what is refused."""

import numpy as np
import pytest
import torch

from lit_wgan import WGANGP, TextData
from lit_wgan.callbacks.pictures import drawing_of
from lit_wgan.callbacks.pictures.rows import draw_rows, frames_of_rows
from lit_wgan.callbacks.sample_files import save_sample
from lit_wgan.data.transforms import TextTransform, restored_transform
from lit_wgan.errors import UsageError
from lit_wgan.networks import SeriesResNetCritic, SeriesResNetGenerator
from lit_wgan.trained.sample_tables import table_of

LINES = ["banana", "ananas, fresh and sweet", "", "   ", "naïve ñandú", "fig", "a\tfig"]


@pytest.fixture(autouse=True)
def files(monkeypatch, tmp_path):
    """Text in the folder of the test, and a cache folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "fruit.txt").write_text("\n".join(LINES) + "\n", encoding="utf-8")


def text_of(data, train):
    part = data.parts.train if train else data.parts.held_out
    return data.transform.lines(part.take(torch.arange(len(part))).real)


def test_lines_are_cut_to_one_length_and_empty_ones_left_out():
    data = TextData("fruit.txt", length=8, held_out=0.2)
    train, held_out = (text_of(data, train) for train in (True, False))
    assert sorted(train + held_out) == sorted(["banana", "ananas, ", "naïve ña", "fig", "a\tfig"])
    assert len(held_out) == 1
    assert data.sizes()["data_shape"] == [8, len(data.transform.characters)]


def test_the_vocabulary_is_that_of_the_most_common_characters_and_the_others_are_unknown():
    data = TextData("fruit.txt", length=8, max_vocabulary=4, held_out=0.2)
    assert data.parts.transform.characters == "\ufffd`an"
    assert sorted(text_of(data, True) + text_of(data, False)) == sorted(
        [each.replace("?", "\ufffd") for each in ("?anana", "anana???", "na?????a", "???", "a????")]
    )


def test_fewer_lines_may_be_trained_on_with_the_same_vocabulary():
    few, all_lines = (TextData("fruit.txt", length=8, held_out=0.2, num_train=number) for number in (2, None))
    assert (few.num_samples(train=True), few.num_samples(train=False)) == (2, 1)
    assert set(text_of(few, True)) < set(text_of(all_lines, True))
    assert few.parts.transform.kind() == all_lines.parts.transform.kind()


def test_networks_see_one_hot_characters_made_of_stored_codes():
    data = TextData("fruit.txt", length=8)
    codes = data.parts.train.take(torch.arange(2)).real
    seen = data.transform.forward(codes.float())
    assert codes.dtype == torch.int16
    assert seen.shape == (2, *data.sizes()["data_shape"])
    assert torch.equal(seen.sum(-1), torch.ones(2, 8))
    assert torch.equal(data.transform.inverse(seen * 0.3 + 0.01), codes.float())


def test_the_authors_lines_come_out_with_any_padding_and_files_in_natural_order(tmp_path):
    """Short lines are filled, and a mark of the encoding is no character."""
    (tmp_path / "part_10.txt").write_text("last\r\n", encoding="utf-8")
    (tmp_path / "part_9.txt").write_bytes("\ufefffirst\nof two".encode())
    data = TextData("part_*.txt", length=6, padding="~", held_out="fruit.txt")
    codes = data.parts.train.take(torch.arange(3)).real
    characters = data.transform.characters
    assert ["".join(characters[code] for code in row) for row in codes] == ["first~", "of two", "last~~"]
    assert text_of(data, False)[0] == "\ufffda\ufffda\ufffda"  # the vocabulary is that of training


def test_codes_are_made_once_and_again_when_the_file_changes(tmp_path, capsys):
    def told():
        data = TextData("fruit.txt", length=8)
        lines = text_of(data, True) + text_of(data, False)
        return len(lines), [line for line in capsys.readouterr().err.splitlines() if "once, into" in line]

    first, again = told(), told()
    (tmp_path / "fruit.txt").write_text("only\ntwo\n")
    assert (first[0], again[0], told()[0]) == (5, 5, 2)
    assert len(list((tmp_path / "cache" / "lit_wgan").glob("*.npy"))) == 2


def test_the_transform_comes_back_from_a_checkpoint():
    transform = TextTransform("xyz", "~")
    again = restored_transform(transform.state())
    assert again.kind() == transform.kind()
    assert again.lines(torch.tensor([[2, 0, 3, 1, 1]])) == ["x\ufffdy"]
    with pytest.raises(ValueError, match="no state of a transform"):
        restored_transform({"name": "text"})


def test_padding_that_the_text_holds_is_told(tmp_path, caplog):
    (tmp_path / "code.txt").write_text("use `x`\nand `y`\n")
    with caplog.at_level("INFO"):
        _ = TextData("code.txt").parts
    assert "data.padding, '`', is a character of the text too" in caplog.text


def test_samples_metrics_and_pictures_are_text(trainer, tmp_path):
    data = TextData("fruit.txt", length=8, batch_size=2)
    shape = data.sizes()["data_shape"]
    networks = SeriesResNetGenerator(3, shape, 4, 1, head="softmax"), SeriesResNetCritic(shape, 4, 1)
    system = WGANGP(*networks, latent_dim=3, n_critic=1)
    trainer(max_steps=1).fit(system, datamodule=data)
    samples = system.sample(slice(3))
    lines = system.transform.lines(samples)
    assert samples.shape == (3, 8)
    assert set("".join(lines)) <= set(data.transform.characters)
    save_sample(samples[1], 1, tmp_path / "out", system.transform)
    assert (tmp_path / "out" / "000001.txt").read_text(encoding="utf-8") == f"{lines[1]}\n"
    assert list(table_of(samples, system.transform)["text"]) == lines
    drawing = drawing_of((8,), system.transform)
    drawing.draw(drawing.generated(system, 40, data), tmp_path / "samples.png")
    drawing.draw(drawing.held_out(system, 40, data), tmp_path / "real.png")
    draw_rows(samples.expand(2, 3, 8), tmp_path / "rows.png", system.transform, [["sample 0", "1", "2"]] * 2, True)
    assert len({frame.size for frame in frames_of_rows(samples.expand(2, 3, 8), system.transform)}) == 1


def test_a_picture_shows_characters_that_the_font_has_not(tmp_path):
    """Boxes, without the warning of matplotlib, which would be an error here; a dollar begins no formula."""
    transform = TextTransform("漢$\t", "`")
    draw_rows(torch.tensor([[[2, 3, 4, 3]]]), tmp_path / "rows.png", transform)
    assert (tmp_path / "rows.png").stat().st_size > 0


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "which has no lines. Name a file"),
        (b"\n \n\n", "which has no lines"),
        ("Grün\nBlau\n".encode("latin-1"), "which is no text in UTF-8"),
        (b"\x1f\x8b\x08\x00", "which is no text in UTF-8 .* Unpack it"),
        (b"ab\x00c\nab\n", "which is no text: it holds bytes of 0"),
        (b"one line\n", "Expected at least 2 samples, one of them to hold out, but got 1"),
    ],
)
def test_what_is_no_text_is_refused(contents, message, tmp_path):
    (tmp_path / "odd.txt").write_bytes(contents)
    with pytest.raises(UsageError, match=message):
        _ = TextData("odd.txt").parts


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("none.txt", "data.files to be a file, but got none.txt, and there is no such file"),
        ("*.md", "nothing matches it"),
        (".", r"which is a folder. Name its files, such as '\*.txt'"),
        ("fruit.txt:line", "a text file holds nothing but lines. Give fruit.txt alone"),
        ("s3://bucket/x.txt", "to be on this machine"),
    ],
)
def test_files_that_are_not_there_are_refused(spec, message):
    with pytest.raises(UsageError, match=message):
        _ = TextData(spec).parts


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 0}, "data.length to be above 0"),
        ({"max_vocabulary": 2}, "data.max_vocabulary from 3 to 32768"),
        ({"max_vocabulary": 2**15 + 1}, "data.max_vocabulary from 3 to 32768"),
        ({"padding": ""}, "data.padding to be one character"),
        ({"padding": "ab"}, "data.padding to be one character"),
        ({"padding": "\n"}, "data.padding to be one character"),
        ({"num_train": 0}, "data.num_train to be above 0"),
        ({"batch_size": 0}, "data.batch_size to be above 0"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(UsageError, match=message):
        TextData("fruit.txt", **options)


def test_a_share_held_out_has_to_be_one():
    with pytest.raises(UsageError, match="share above 0 and below 1, but got 1.5"):
        _ = TextData("fruit.txt", held_out=1.5).parts


def test_a_line_longer_than_a_chunk_of_others_is_read_like_any(tmp_path, monkeypatch):
    """Lines are read some at a time, whatever their number."""
    monkeypatch.setattr("lit_wgan.data.text.lines.LINES_AT_ONCE", 2)
    (tmp_path / "many.txt").write_text("".join(f"{number:03d}\n" for number in range(7)))
    data = TextData("many.txt", length=3)
    assert sorted(text_of(data, True) + text_of(data, False)) == [f"{number:03d}" for number in range(7)]
    assert np.array_equal(TextData("many.txt", length=3).parts.train.rows, data.parts.train.rows)
