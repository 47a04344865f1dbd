"""``lit-wgan sweep``: run the trials of a W&B sweep file on this machine, without an account."""

from lit_wgan.commands.options import Parser


def options() -> Parser:
    """The command's options."""
    parser = Parser(
        "lit-wgan sweep",
        description="Run the trials of a Weights & Biases sweep file, on this machine or, with --storage, on several. "
        "The same command continues.",
        epilog="After --, options of lit-wgan fit that all trials get.",
    )
    parser.add_argument("file", metavar="FILE", help="such as configs/sweeps/clip_value.yaml")
    parser.add_argument("--count", type=int, help="trials in all; default: run_cap of the file, or the whole grid")
    parser.add_argument("--parallel", type=int, default=1, help="trials at the same time, on each machine")
    parser.add_argument("--dir", metavar="DIR", help="folder of the sweep; default: runs/sweeps/NAME_OF_FILE")
    parser.add_argument(
        "--storage",
        metavar="DIR_OR_URL",
        help="share the sweep with the same command on other machines, through a folder or a database",
    )
    return parser


def sweep(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options, for what is wrong with the file or its command, and if no trial finished.
        KeyboardInterrupt: after Ctrl-C, when the trials have stopped.
    """
    at = arguments.index("--") if "--" in arguments else len(arguments)
    chosen, for_trials = options().parse_args(arguments[:at]), arguments[at + 1 :]
    from lit_wgan.commands.sweep.command import run_sweep  # takes seconds

    run_sweep(
        chosen.file, for_trials, count=chosen.count, parallel=chosen.parallel, folder=chosen.dir, storage=chosen.storage
    )
