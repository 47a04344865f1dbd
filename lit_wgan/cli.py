"""The command ``lit-wgan``: answers at once what needs no training, and turns errors of use into plain lines."""

import difflib
import os
import sys

from lit_wgan import __version__

COMMANDS = {
    "fit": "train a system",
    "validate": "evaluate a checkpoint on held-out data",
    "test": "the same",
    "predict": "generate samples from a checkpoint",
    "evaluate": "FID, Inception Score, KID, precision and recall of a checkpoint or of images",
    "reproduce": "run a run again from its record, and compare to the bit",
    "sweep": "search parameters by a sweep file of Weights & Biases, without an account",
}

HELP = f"""usage: lit-wgan COMMAND [options]

Train GANs on the Wasserstein distance.

commands:
{chr(10).join(f"  {name:<10} {what}" for name, what in COMMANDS.items())}

options:
  --help     show this, or after a command its options
  --version  show the version
  --debug    show the whole traceback of an error

examples:
  lit-wgan fit --config configs/wgan_gp_digits.yaml
  lit-wgan fit --config configs/wgan_gp_digits.yaml --model.gp_weight 1 --trainer.max_steps 500
  lit-wgan fit --model.help WGANGP      the options of one system; likewise --data.help ImageData
  lit-wgan validate --config configs/wgan_gp_digits.yaml --ckpt_path FILE
  lit-wgan evaluate --ckpt FILE --metrics fid,kid
  lit-wgan reproduce runs/wgan_gp_digits/version_0
  lit-wgan sweep configs/sweeps/clip_value.yaml --count 8
"""


def main() -> int:
    """Run the command in ``sys.argv`` and return its exit status.

    0: done, or stopped by a signal with a checkpoint; 1: another process was lost, a run that was repeated differs, or
    a defect; 2: an error of use; 130: stopped by Ctrl-C.
    """
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
    if command not in COMMANDS:
        near = difflib.get_close_matches(command, COMMANDS, n=1)
        hint = f"Did you mean {near[0]}?" if near else "See lit-wgan --help."
        return _fail(f"Expected one of {', '.join(COMMANDS)}, but got '{command}'. {hint}")

    try:
        from lit_wgan.commands.errors import USER_ERRORS, describe  # these take seconds
        from lit_wgan.engine.collectives import LostRankError
        from lit_wgan.engine.stopping import CTRL_C
    except OSError as error:
        return _fail(f"Expected folders for caches that can be written, but got {error}. Mend or choose another.")

    try:
        if command == "evaluate":
            from lit_wgan.commands.evaluate import evaluate

            evaluate(sys.argv[2:])
        elif command == "reproduce":
            from lit_wgan.commands.reproduce import reproduce

            return reproduce(sys.argv[2:])
        elif command == "sweep":
            from lit_wgan.commands.sweep.command import sweep

            sweep(sys.argv[2:])
        else:
            from lit_wgan.commands.fit import run

            run()
    except USER_ERRORS as error:
        if debug:
            raise
        return _fail(describe(error))
    except LostRankError as error:
        if debug:
            raise
        return _fail(str(error), status=1)
    except KeyboardInterrupt:
        return CTRL_C
    except SystemExit as exit:
        if isinstance(exit.__context__, KeyboardInterrupt):  # which Lightning turns into status 1
            return CTRL_C
        raise
    return 0


def _fail(message: str, status: int = 2) -> int:
    print(f"lit-wgan: error: {message}", file=sys.stderr)
    return status
