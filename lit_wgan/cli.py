"""The command ``lit-wgan``: answers at once what needs no training, then hands over to the command that was named."""

import difflib
import os
import sys
from collections.abc import Callable

from lit_wgan import __version__
from lit_wgan.commands import function_of
from lit_wgan.commands.errors import fail
from lit_wgan.commands.errors import report as report_error
from lit_wgan.commands.help import WHAT, asks_for_short_help, print_short_help
from lit_wgan.commands.readers import drop_unread_output
from lit_wgan.commands.terminal import escape_messages
from lit_wgan.deferred import defer_unused_modules
from lit_wgan.engine.ending import CTRL_C, END_SECONDS, end_after, ends_at_ctrl_c
from lit_wgan.errors import UsageError

COMMANDS = {
    "fit": "train a system",
    "validate": "evaluate a checkpoint on held-out data",
    "test": "the same as validate",
    "list": "show the runs in a folder, with their state and their main metrics",
    "compare": "show what differs between runs, and their metrics side by side",
    "sample": "draw samples from a run, under a condition if wanted, as images, arrays or a table",
    "interpolate": "draw samples on the way from one to another, as a picture or a video",
    "nearest": "find the training samples nearest to generated ones: are they copies?",
    "predict": "generate samples with a run's data and trainer; sample is simpler",
    "report": "write a page on a run, or on several compared: curves, samples, metrics and what they mean",
    "export": "a generator as files that run without lit-wgan (ONNX, torch.export, safetensors), with a model card",
    "evaluate": "FID, Inception Score, KID, precision and recall of a checkpoint or of images",
    "distance": "the Wasserstein distance between two data sets, by a critic alone",
    "extractor": "train a feature network of your own field, for FID and the other metrics",
    "reproduce": "repeat a run from its record, and compare it bit by bit",
    "figures": "repeat the papers' experiments, and say which of their claims hold",
    "sweep": "search parameters as a W&B sweep file says, on this machine and without an account",
}
OF_LIGHTNING = ("fit", "validate", "test", "predict")
"""Commands that take the options of a configuration, and are one function."""

HELP = f"""usage: lit-wgan COMMAND [options]

Train GANs on the Wasserstein distance.

commands:
{chr(10).join(f"  {name:<11} {what}" for name, what in COMMANDS.items())}

options:
  --help     show this, or after a command its options
  --version  show the version
  --print_shtab bash|zsh  print a script by which the shell completes commands and options
  --debug    show the traceback of every error

examples:
  lit-wgan fit --config configs/wgan_gp_digits.yaml
  lit-wgan fit --config configs/wgan_gp_digits.yaml --model.gp_weight 1 --trainer.max_steps 500
  lit-wgan fit --model.help WGANGP      the options of one system; likewise --data.help ImageData
  lit-wgan validate --config configs/wgan_gp_digits.yaml --ckpt_path FILE
  lit-wgan sample wgan_gp_digits_by_class -n 64 --condition 3 -o threes.png
  lit-wgan interpolate wgan_gp_digits -o digits.gif
  lit-wgan nearest wgan_gp_digits
  lit-wgan list --sort w1
  lit-wgan compare wgan_gp_digits weight_1
  lit-wgan report wgan_gp_digits
  lit-wgan export wgan_gp_digits --format onnx -o digits_generator
  lit-wgan evaluate --ckpt wgan_gp_digits --metrics fid,kid
  lit-wgan distance generated.npy real.npy
  lit-wgan extractor train --data ImageData --data.dataset digits --output my_digits.pt
  lit-wgan reproduce runs/wgan_gp_digits/version_0
  lit-wgan sweep configs/sweeps/clip_value.yaml --count 8
  lit-wgan figures wgan/figure_2
"""


def program() -> int:
    """Run the command as a program of its own, which ends within a limit once the command has ended.

    What runs at a program's exit may wait for a process that is frozen or a connection that is lost.
    """
    status = 1
    try:
        status = main()
    except SystemExit as exit:
        status = exit.code if isinstance(exit.code, int) else int(exit.code is not None)
        raise
    finally:
        end_after(END_SECONDS, lambda: status)
    return status


def main() -> int:
    """Run the command in ``sys.argv``, whether or not its output is read, and return its exit status.

    0: done, or stopped by a signal after saving a checkpoint; 1: another process was lost, a repeated run differs, or
    an error in a user's own code or in lit-wgan; 2: an error of use; 130: stopped by Ctrl-C;
    143: ended by a second SIGTERM.
    """
    with drop_unread_output():
        return _main()


def _main() -> int:
    debug = "--debug" in sys.argv or "LIT_WGAN_DEBUG" in os.environ
    if "--debug" in sys.argv:
        sys.argv.remove("--debug")
        os.environ["LIT_WGAN_DEBUG"] = "1"  # for the processes that a run on many devices starts
    command = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if command in ("-h", "--help"):
        print(HELP, end="")
        return 0
    if command == "--version":
        print(f"lit-wgan {__version__}")
        return 0
    if command == "--print_shtab":
        return _print_completion(sys.argv[2] if len(sys.argv) > 2 else "")
    if command not in COMMANDS:
        near = difflib.get_close_matches(command, COMMANDS, n=1)
        hint = f"Did you mean {near[0]}?" if near else "See lit-wgan --help."
        return fail(f"Expected one of {', '.join(COMMANDS)}, but got '{command}'. {hint}")

    if command in WHAT and asks_for_short_help(sys.argv[2:]):
        print_short_help(command)
        return 0
    try:
        return _run(command)
    except KeyboardInterrupt:
        return CTRL_C
    except SystemExit as exit:
        if isinstance(exit.__context__, KeyboardInterrupt):  # which Lightning turns into status 1
            return CTRL_C
        raise
    except Exception as error:
        if debug:
            raise
        return report_error(error)


def _print_completion(shell: str) -> int:
    from lit_wgan.commands.completion import completion_script

    defer_unused_modules()
    try:
        print(completion_script(shell, list(COMMANDS)), end="")
    except UsageError as error:
        return fail(str(error))
    return 0


def _run(command: str) -> int:
    defer_unused_modules()  # here alone: a program that imports lit_wgan keeps Python's imports as they are
    if command != "reproduce":  # which runs a record, and decides for the process that it starts
        _find_modules_here()
    try:
        with ends_at_ctrl_c():
            function = _load(command)
    except OSError as error:
        return fail(f"Expected folders for caches that can be written, but got {error}. Mend or choose another.")
    escape_messages()  # after Lightning is imported, which has a format of its own
    return function(sys.argv[2:]) or 0


def _find_modules_here() -> None:
    """Let a user's modules in the working directory be found, as ``python -m`` does, but after all others."""
    here = os.getcwd()
    if not sys.flags.safe_path and here not in sys.path:
        sys.path.append(here)


def _load(command: str) -> Callable[[list[str]], int | None]:
    """Import the function that runs a command; that of most takes seconds."""
    if command not in OF_LIGHTNING:
        return function_of(command)
    if "--print_schema" in sys.argv:
        from lit_wgan.commands.schema import print_schema

        return print_schema
    from lit_wgan.commands.fit import fit

    return fit
