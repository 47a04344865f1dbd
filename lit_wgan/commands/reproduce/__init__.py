"""``lit-wgan reproduce``: repeat a run from its record, and compare weights and metrics bit by bit."""

from pathlib import Path

from lit_wgan.commands.options import Parser


def options() -> Parser:
    """The command's options."""
    parser = Parser(
        "lit-wgan reproduce",
        description="Repeat a run and compare. Exit status: 0 equal to the bit, 1 not equal, 2 cannot be repeated.",
    )
    parser.add_argument("run", metavar="RUN_DIR", help="such as runs/wgan_gp_digits/version_0")
    parser.add_argument("--dir", help="where the new run goes; default: runs/reproduced")
    return parser


def reproduce(arguments: list[str]) -> int:
    """Run the command and return its exit status.

    Raises:
        FileNotFoundError: if there is no record of a run that ended.
        UsageError: for wrong options, a damaged record, and a repetition that does not end.
    """
    chosen = options().parse_args(arguments)
    from lit_wgan.commands.reproduce.command import repeat_and_compare  # takes seconds

    run = Path(chosen.run)
    return repeat_and_compare(run, Path(chosen.dir or run.resolve().parent.parent / "reproduced"))
