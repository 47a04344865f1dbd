"""Names that hold control characters do not reach the terminal as they are."""

import logging
import warnings

import pytest

from lit_wgan.commands.terminal import escape_messages, printable

PLAIN = "plain, 'quoted', \\ and ö日本語\u3000🎉\n\ttwo lines"
TITLE = "\x1b]0;owned\x07"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "plain, 'quoted', \\ and ö日本語\u3000🎉\n\ttwo lines",
            "plain, 'quoted', \\ and ö日本語\u3000🎉\n\ttwo lines",
        ),
        (TITLE, r"\x1b]0;owned\x07"),
        ("\r\b\x7f\x9b31m\0", r"\r\x08\x7f\x9b31m\x00"),
        ("gpj.\u202egnp", r"gpj.\u202egnp"),
        ("undecodable \udcff", r"undecodable \udcff"),
    ],
)
def test_control_characters_are_shown_as_escapes_and_nothing_else_changes(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("reproduce", f"runs/{TITLE}"),
        ("fit", "--config", f"{TITLE}.yaml"),
        ("sweep", f"{TITLE}.yaml"),
        ("evaluate", "--ckpt", f"{TITLE}.ckpt"),
        ("evaluate", "--samples", "none", f"--{TITLE}"),
        (TITLE,),
    ],
)
def test_a_file_name_cannot_steer_the_terminal(arguments, command):
    status, out, err = command(*arguments)
    assert status == 2
    assert r"\x1b]0;owned\x07" in err
    assert not {"\x1b", "\x07"} & set(out + err)


def test_neither_can_logged_messages_nor_warnings(monkeypatch, caplog):
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    before = logging.getLogRecordFactory()
    try:
        escape_messages()
        escape_messages()
        logging.getLogger("lightning.pytorch").warning("Continuing from %s.", TITLE)
        assert caplog.messages == [r"Continuing from \x1b]0;owned\x07."]
        assert r"\x1b]0;owned\x07" in warnings.formatwarning(TITLE, UserWarning, "file.py", 1)
    finally:
        logging.setLogRecordFactory(before)
