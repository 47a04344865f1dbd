"""``lit-wgan export``: a generator as files that run without lit-wgan, with a model card."""

import re
from pathlib import Path

from lit_wgan.commands.from_run import add_run
from lit_wgan.commands.options import Parser
from lit_wgan.commands.terminal import say
from lit_wgan.errors import UsageError

FORMATS = ("torch-export", "onnx", "safetensors")
EXAMPLES = """\
  lit-wgan export wgan_gp_digits                                     all formats, into the folder exported
  lit-wgan export wgan_gp_digits --format onnx -o digits_generator
  lit-wgan export runs/wgan_gp_digits/version_0/checkpoints/last.ckpt --format torch-export,onnx --license apache-2.0
"""


def parser() -> Parser:
    """The parser of the command's options."""
    parser = Parser(
        "lit-wgan export",
        description="Export a trained generator as files that run without lit-wgan, with a model card.",
        examples=EXAMPLES,
    )
    add_run(parser)
    formats = f"{', '.join(FORMATS)}, several with commas, or all"
    parser.add_argument("--format", default="all", help=formats)
    parser.add_argument("-o", "--output", metavar="DIR", default="exported", help="folder that is made")
    parser.add_argument("--live", action="store_true", help="export the generator itself, not its moving average")
    parser.add_argument("--license", metavar="ID", help="licence in the card's metadata, such as apache-2.0")
    return parser


def export(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options, and a generator that cannot be exported.
    """
    chosen = parser().parse_args(arguments)
    formats = _formats(chosen.format)
    license = None if chosen.license is None else _license(chosen.license)
    from lit_wgan.reports.export import folder  # takes seconds, which --help and mistakes need not wait for
    from lit_wgan.trained import find_trained

    output = Path(chosen.output)
    differences = folder.export(find_trained(chosen.run), output, formats, chosen.live, license)
    for name, each in differences.items():
        say(f"{name}: its samples are those of the generator up to {each.relative:.1e} of the largest number.")
    say(f"The files are in {output}; its README.md says how to use them.")


def _formats(text: str) -> list[str]:
    """The formats that an option names, each once."""
    named = list(FORMATS) if text == "all" else list(dict.fromkeys(each.strip() for each in text.split(",")))
    for name in named:
        if name not in FORMATS:
            raise UsageError(
                f"Expected --format to be all or one of {', '.join(FORMATS)}, but got '{name}'. Take one of these, or "
                "several with commas between them."
            )
    return named


def _license(text: str) -> str:
    """An identifier as the Hugging Face Hub writes them."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", text):
        raise UsageError(
            f"Expected --license to be an identifier such as apache-2.0, mit or other, but got '{text}'. Take one of "
            "those in the Hugging Face Hub's list."
        )
    return text.lower()
