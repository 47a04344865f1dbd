"""``lit-wgan distance``: how far apart two sets of samples are, by a critic alone."""

from typing import TYPE_CHECKING

from lit_wgan.commands.defaults import leave_out_expected
from lit_wgan.commands.evaluate_samples import tell
from lit_wgan.commands.options import Parser
from lit_wgan.commands.terminal import say
from lit_wgan.errors import check_positive
from lit_wgan.evaluation.by_critic.options import CriticOptions

if TYPE_CHECKING:
    from torch import Tensor

SAMPLES = 20_000
"""Of each set that are taken, where ``--num_samples`` is not given."""
SET = "samples (N, ...): .npy, .npz:key, .h5:/path, .zarr, a table (.csv, .csv:a,b), or a folder of images"
EXAMPLES = """\
  lit-wgan distance generated.npy real.npy
  lit-wgan distance january.csv:price,area july.csv:price,area --updates 5000 --json distance.json
  lit-wgan distance photos/mine photos/theirs --network dcgan
"""


def parser() -> Parser:
    """The parser of the command's options."""
    parser = Parser(
        "lit-wgan distance",
        description="Estimate the Wasserstein-1 distance between two sets of samples: a critic of WGAN-GP is trained "
        "between them, without a generator, and judged by samples that it has not seen. The exact distance of some "
        "samples stands beside it.",
        examples=EXAMPLES,
    )
    parser.add_argument("a", metavar="A", help=SET)
    parser.add_argument("b", metavar="B", help="samples of the same shape, likewise")
    parser.add_argument("--num_samples", type=int, default=SAMPLES, help="of each set that are taken, at most")
    parser.add_argument("--accelerator", default="auto", help="such as cpu or gpu")
    parser.add_argument("--json", metavar="FILE", help="write the distance, its course and all options to this file")
    parser.add_class_arguments(CriticOptions)
    return parser


def distance(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options, and for files that cannot be read or compared.
    """
    chosen = parser().parse_args(arguments)
    check_positive(**{"--num_samples": chosen.num_samples})
    options = CriticOptions(**{name: chosen[name] for name in vars(CriticOptions())})
    from lit_wgan.evaluation.by_critic.sets import read_sets
    from lit_wgan.evaluation.by_critic.training import check_sets, critic_distance

    a, b = read_sets(chosen.a, chosen.b, chosen.num_samples, options.seed)
    check_sets(a, b)
    say(f"{chosen.a} and {chosen.b}: {_count(a)} and {_count(b)} samples of shape {tuple(a.shape[1:])}.")
    leave_out_expected()
    tell(critic_distance(a, b, options, chosen.accelerator), chosen.json)


def _count(samples: "Tensor") -> str:
    return f"{len(samples):,}"
