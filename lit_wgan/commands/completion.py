"""Completion of commands and options by the Tab key, in bash and zsh."""

import inspect
import sys

from lit_wgan.commands.options import Parser
from lit_wgan.errors import UsageError

SCRIPT = """{prelude}_lit_wgan() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}"
  case "$COMP_CWORD,${{COMP_WORDS[1]}}" in
    1,*) COMPREPLY=($(compgen -W "{commands}" -- "$word")) ;;
    *,fit|*,validate|*,test|*,predict) COMPREPLY=($(compgen -W "{options}" -- "$word")) ;;
    *,evaluate) COMPREPLY=($(compgen -W "{evaluate}" -- "$word")) ;;
    *,export) COMPREPLY=($(compgen -W "{export}" -- "$word")) ;;
    *,sample) COMPREPLY=($(compgen -W "{sample}" -- "$word")) ;;
    *,list) COMPREPLY=($(compgen -W "{list}" -- "$word")) ;;
    *,compare) COMPREPLY=($(compgen -W "{compare}" -- "$word")) ;;
    *,report) COMPREPLY=($(compgen -W "{report}" -- "$word")) ;;
  esac
}}
complete -o default -F _lit_wgan lit-wgan
"""
PRELUDE = {"bash": "", "zsh": "autoload -U +X bashcompinit && bashcompinit\n"}


def completion_script(shell: str, commands: list[str]) -> str:
    """The script that tells a shell how to complete ``lit-wgan``; file names are completed everywhere.

    Raises:
        UsageError: for another shell than bash and zsh.
    """
    if shell not in PRELUDE:
        raise UsageError(f"Expected --print_shtab bash or zsh, but got '{shell}'. Name one of them.")
    from lit_wgan.commands import compare, evaluate, export, list_runs, report, sample  # which takes seconds

    words = {"commands": commands, "options": _options()}
    words |= {"evaluate": _options_of(evaluate.parser()), "sample": _options_of(sample.parser())}
    words |= {"list": _options_of(list_runs.parser()), "compare": _options_of(compare.parser())}
    words["report"] = _options_of(report.parser())
    words |= {"export": _options_of(export.parser())}
    return SCRIPT.format(prelude=PRELUDE[shell], **{name: " ".join(each) for name, each in words.items()})


def _options_of(parser: Parser) -> list[str]:
    from lit_wgan.engine.internals import option_strings

    return [option for option in option_strings(parser) if option.startswith("--")]


def _options() -> list[str]:
    """The options of ``fit``, those of the systems and of the data included."""
    from lit_wgan import GAN, WGAN, WGANGP, ImageData, ToyData
    from lit_wgan.commands.sweep.check import FitParser
    from lit_wgan.engine.internals import option_strings, parser_of

    given = sys.argv
    sys.argv = ["lit-wgan", "fit"]  # of which alone the parser is made
    parser = parser_of(FitParser(), "fit")
    sys.argv = given
    options = [option for option in option_strings(parser) if option.startswith("--") and "+" not in option]
    for section, classes in (("model", (GAN, WGAN, WGANGP)), ("data", (ToyData, ImageData))):
        names = dict.fromkeys(name for made in classes for name in inspect.signature(made).parameters)
        options += [f"--{section}.{name}" for name in names]
    return options
