"""Help that is short enough to read: the options that most runs need, and of all others what is ours."""

import contextlib
import io
import re
import sys
from collections.abc import Iterator, Sequence

OPTIONS = """usage: lit-wgan {command} --config FILE [--OPTION VALUE ...]

{what}.
Options are those of the file; the command line wins over it.

  --config FILE                     YAML file of options; several are merged
  --model NAME                      GAN, LSGAN, WGAN, WGANGP or a class path; --model.help WGANGP lists its options
  --model.generator NAME            such as DCGANGenerator, or the class path of your own; --model.generator.help NAME
  --model.critic NAME               likewise
  --data NAME                       ToyData, ImageData or a class path; --data.help ImageData lists its options
  --seed_everything N               seed of all random numbers
  --name NAME                       folder of the run in trainer.default_root_dir
  --ckpt_path FILE | last           checkpoint to use; last is that of the newest run of this name
  --trainer.max_steps N             generator updates at which training ends
  --trainer.val_check_interval N    generator updates from one validation to the next; without it there is none
  --trainer.limit_val_batches N     batches of a validation
  --trainer.log_every_n_steps N     generator updates from one logged value to the next
  --trainer.accelerator NAME        auto, cpu, gpu or mps
  --trainer.devices N               number of devices
  --trainer.precision NAME          32-true, bf16-mixed or 64-true
  --trainer.callbacks NAME          a callback, such as EarlyStopping; --trainer.callbacks+ NAME for another
  --trainer.logger wandb            log to W&B too; --wandb.project and others are its options
  --trainer.default_root_dir DIR    folder of all runs
  --trainer.enable_progress_bar B   false for a line at every log instead of a bar
  --trainer.fast_dev_run B          true for a trial run of one update that leaves nothing behind
  --checkpoint.every_n_train_steps N  generator updates from one checkpoint to the next
  --checkpoint.save_top_k N         -1 keeps all checkpoints, not the newest alone
  --samples.every_n_updates N       generator updates from one picture of samples to the next
  --report B                        false for no report.html, the page on the run, at its end
  --print_config                    print all options with their values, and end
  --print_schema                    print a JSON schema of configuration files, for editors, and end
  --help all                        all options, those of Lightning's Trainer in Lightning's words
  --debug                           show the traceback of every error

Options of the Trainer that would have no effect here are refused with what to do instead.
"""
WHAT = {
    "fit": "Train a system",
    "validate": "Evaluate a checkpoint on held-out data",
    "test": "Evaluate a checkpoint on held-out data",
    "predict": "Generate samples from a checkpoint; lit-wgan sample RUN_OR_CKPT is simpler",
}
_KNOWN = re.compile(r",(\s+)known\s+subclasses:\s([^()]*)\)")


def asks_for_short_help(arguments: Sequence[str]) -> bool:
    """Whether the options of a command are asked for, and not all of them."""
    return any(option in ("-h", "--help") for option in arguments) and "all" not in arguments


def print_short_help(command: str) -> None:
    """Print the options that most runs need."""
    print(OPTIONS.format(command=command, what=WHAT[command]), end="")


def shorten(text: str) -> str:
    """Of the lists of classes in jsonargparse's help, leave those of lit_wgan."""

    def ours(match: re.Match[str]) -> str:
        paths = re.sub(r"\s+", "", match.group(2)).split(",")
        networks = [path for path in paths if re.fullmatch(r"lit_wgan\.networks\.\w+", path)]
        own = networks or [path for path in paths if path.startswith("lit_wgan.")]
        short = [path.rpartition(".")[2] for path in own]
        gap = match.group(1) if match.group(1).startswith("\n") else "\n" + " " * 24
        return f",{gap}a class path of your own, or {gap.join(['one of', *short]) if short else 'a name'})"

    text = _KNOWN.sub(ours, text).replace("usage: __main__.py ", "usage: lit-wgan fit ")
    if "--model.generator.help" in text:
        text += (
            "\nOptions of a network: lit-wgan fit --model.generator.help NAME, such as MLPGenerator or package.Class.\n"
        )
    return text


@contextlib.contextmanager
def readable_help() -> Iterator[None]:
    """Shorten the help that is printed meanwhile, if the command line asks for help."""
    if not any(word == "-h" or word.partition("=")[0].endswith("help") for word in sys.argv):
        yield
        return
    sys.argv = [word for word in sys.argv if word != "all"]
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            yield
    finally:
        print(shorten(printed.getvalue()), end="")
