"""Completion of commands and options by the Tab key, in bash and zsh."""

import inspect
import sys

from lit_wgan.commands import module_of
from lit_wgan.errors import UsageError

OWN = ("sample", "interpolate", "nearest", "export", "report", "evaluate", "distance", "list", "compare", "figures")
"""Commands with a function ``parser`` in their module."""
SCRIPT = """{prelude}_lit_wgan() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}"
  case "$COMP_CWORD,${{COMP_WORDS[1]}}" in
    1,*) COMPREPLY=($(compgen -W "{commands}" -- "$word")) ;;
    *,fit|*,validate|*,test|*,predict) COMPREPLY=($(compgen -W "{options}" -- "$word")) ;;
{own}
  esac
}}
complete -o default -F _lit_wgan lit-wgan
"""
CASE = """    *,{command}) COMPREPLY=($(compgen -W "{options}" -- "$word")) ;;"""
PRELUDE = {"bash": "", "zsh": "autoload -U +X bashcompinit && bashcompinit\n"}


def completion_script(shell: str, commands: list[str]) -> str:
    """The script that tells a shell how to complete ``lit-wgan``; file names are completed everywhere.

    Raises:
        UsageError: for another shell than bash and zsh.
    """
    if shell not in PRELUDE:
        raise UsageError(f"Expected --print_shtab bash or zsh, but got '{shell}'. Name one of them.")
    own = [CASE.format(command=command, options=" ".join(_options_of(command))) for command in OWN]
    words = {"commands": " ".join(commands), "options": " ".join(_options()), "own": "\n".join(own)}
    return SCRIPT.format(prelude=PRELUDE[shell], **words)


def _options_of(command: str) -> list[str]:
    """The options of a command with a parser of its own."""
    from lit_wgan.engine.internals import option_strings

    return [option for option in option_strings(module_of(command).parser()) if option.startswith("--")]


def _options() -> list[str]:
    """The options of ``fit``, those of the systems and of the data included."""
    from lit_wgan import GAN, LSGAN, WGAN, WGANGP, ImageData, ToyData
    from lit_wgan.commands.sweep.check import FitParser
    from lit_wgan.engine.internals import option_strings, parser_of

    given = sys.argv
    sys.argv = ["lit-wgan", "fit"]  # of which alone the parser is made
    parser = parser_of(FitParser(), "fit")
    sys.argv = given
    options = [option for option in option_strings(parser) if option.startswith("--") and "+" not in option]
    for section, classes in (("model", (GAN, LSGAN, WGAN, WGANGP)), ("data", (ToyData, ImageData))):
        names = dict.fromkeys(name for made in classes for name in inspect.signature(made).parameters)
        options += [f"--{section}.{name}" for name in names]
    return options
