"""``lit-wgan report``: the page of runs that their owner looks at, keeps, and sends to colleagues."""

from collections.abc import Sequence
from pathlib import Path

from lit_wgan.commands.options import Parser
from lit_wgan.commands.terminal import say
from lit_wgan.engine.files import writing
from lit_wgan.errors import UsageError
from lit_wgan.reports import Options, make_page, write_report
from lit_wgan.reports.generated import Generated
from lit_wgan.reports.samples import MOST_RUNS
from lit_wgan.reports.serve import PORT, Page, PageServer
from lit_wgan.reports.text import as_text
from lit_wgan.runs.run import Run
from lit_wgan.runs.yaml_files import check_sections
from lit_wgan.trained.found import find_run, find_trained

NO_RUN = ("the options of a run", "Name a run's directory; lit-wgan list shows those there are.")
EXAMPLES = """\
  lit-wgan report wgan_gp_digits                                the newest run of that name, in its own folder
  lit-wgan report runs/a/version_0 runs/b/version_0 -o ab.html  two runs, compared
  lit-wgan report wgan_gp_digits --serve                        while it trains
  lit-wgan report wgan_gp_digits --text
"""


def parser() -> Parser:
    """The parser of the command's options."""
    parser = Parser(
        "lit-wgan report",
        description="Write a page on a run, or on several compared: one file, which needs no network.",
        examples=EXAMPLES,
    )
    runs = "a run's directory, that of its versions, of which the newest is taken, or the name of a run in runs/"
    parser.add_argument("runs", metavar="RUN", nargs="+", help=runs)
    outputs = "the page; without it report.html, in the run's directory if it is one run"
    parser.add_argument("-o", "--output", metavar="FILE", help=outputs)
    parser.add_argument("--text", action="store_true", help="print the summary and the diagnosis, and write no page")
    parser.add_argument("--serve", action="store_true", help="show the page to this machine, anew at every change")
    parser.add_argument("--port", type=int, default=PORT, help="of --serve; 0 for one that is free")
    return parser


def report(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options, and for what is no run.
        WriteError: if the page cannot be written.
    """
    chosen = parser().parse_args(arguments)
    runs = [find_run(each) for each in dict.fromkeys(chosen.runs)]
    for run in runs:
        check_sections(run.config, ["trainer", "model", "data"], run.directory / "config.yaml", *NO_RUN)
    if chosen.text:
        say("\n\n".join(map(as_text, runs)))
    elif chosen.serve:
        _serve(runs, chosen.port)
    else:
        output = Path(chosen.output) if chosen.output else _place(runs)
        _check(output)
        with writing(output):
            output.parent.mkdir(parents=True, exist_ok=True)
        write_report(runs, output, _of_generators(runs))
        say(f"The report is in {output}.")


def _place(runs: Sequence[Run]) -> Path:
    return runs[0].directory / "report.html" if len(runs) == 1 else Path("report.html")


def _check(output: Path) -> None:
    if output.is_dir() or output.suffix not in (".html", ".htm"):
        raise UsageError(
            f"Expected --output to name a page, such as report.html, but got {output}"
            f"{', which is a folder' if output.is_dir() else ''}. Let it end in .html."
        )


def _of_generators(runs: Sequence[Run]) -> Options:
    """Pictures for which the generators of the first runs are loaded, as far as these have checkpoints."""
    made, told = [], []
    for run in runs[:MOST_RUNS]:
        pictures, remarks = _of_generator(run, min(len(runs), MOST_RUNS))
        made += pictures
        told += [f"{run.name}: {remark}" if len(runs) > 1 else remark for remark in remarks]
    return Options(sorted(made, key=lambda picture: picture.title), told)


def _of_generator(run: Run, runs: int) -> tuple[list[Generated], list[str]]:
    from lit_wgan.reports.generated import make_generated

    try:
        system, data = find_trained(run.directory).system_and_data()
    except Exception as error:  # classes of the user's own may raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        return [], [f"Interpolations and nearest training samples: left out. {reason}"]
    return make_generated(run, system, data, runs)


def _serve(runs: Sequence[Run], port: int) -> None:
    """Serve the page until Ctrl-C."""
    directories = [run.directory for run in runs]

    def state() -> tuple[object, ...]:
        seen = (directory / name for directory in directories for name in ("metrics.csv", "samples", "result.json"))
        return tuple(map(_stamp, seen))

    def make() -> str:
        return make_page([Run(directory) for directory in directories], Options(live=True))

    with PageServer(Page(make, state), port) as server:
        say(f"The report is at {server.url}, and is made anew when the run logs. Ctrl-C ends this.")
        server.serve_forever()


def _stamp(path: Path) -> tuple[int, int] | None:
    """Tells one state of a file or folder from another; None while it is not there."""
    if not path.exists():
        return None
    status = path.stat()
    return status.st_mtime_ns, status.st_size
