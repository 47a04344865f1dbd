"""Figure 3 of the WGAN-GP paper: the Inception Score over generator updates and over time, for four methods.

The paper trains on CIFAR-10 for 200,000 updates: clipping and the penalty, both with RMSProp at 5e-5; the penalty with
Adam at 1e-4, betas 0.5 and 0.9; and a DCGAN with Adam at 2e-4. Scores are of 1,000 samples in its authors' code. As
there, critics have batch norm but for those under the penalty.

Reduced: scikit-learn's 8x8 digits, DCGANs of width 32, 1,000 updates; scores by the digits extractor, 10 at most, of
1,000 samples of a moving average. So few updates ask for higher rates: five times the paper's in all three
WGANs. Seconds are the time of a run, measurements included, shared evenly among its updates.
"""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run
from lit_wgan.runs.training_time import training_seconds

CURVES = {
    "gp_adam": ("WGAN-GP, Adam", "tab:purple"),
    "gp_rmsprop": ("WGAN-GP, RMSProp", "tab:blue"),
    "clip": ("weight clipping", "tab:cyan"),
    "gan": ("DCGAN", "tab:red"),
}
CONFIGS = {
    "digits": {"gp_adam": "wgan_gp_digits", "gp_rmsprop": "wgan_gp_digits", "clip": "wgan_digits", "gan": "gan_digits"},
    "cifar10": dict.fromkeys(("gp_adam", "gp_rmsprop"), "wgan_gp_cifar10_dcgan")
    | dict.fromkeys(("clip", "gan"), "wgan_cifar10_dcgan"),
}
SCORE = "fidelity/inception_score_mean"


class Figure3(Experiment):
    """The penalty reaches higher scores than clipping under the same optimizer, and higher ones still with Adam."""

    paper = "WGAN-GP (arXiv:1704.00028v3), Section 5.3, Figure 3"
    claim = "WGAN-GP reaches higher scores than clipping with the same optimizer, and Adam does no worse."
    published = "curves of CIFAR-10, no numbers"
    headline = "gp_adam"
    full_cost = "one GPU, days"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """Four methods on the same networks but for the norm."""
        rate = 1 if full else 5
        rmsprop = f'{{"class_path": "torch.optim.RMSprop", "init_args": {{"lr": {5e-5 * rate}}}}}'
        adam = f'{{"class_path": "torch.optim.Adam", "init_args": {{"lr": {1e-4 * rate}, "betas": [0.5, 0.9]}}}}'
        dcgan = '{"class_path": "torch.optim.Adam", "init_args": {"lr": 2.0e-4, "betas": [0.5, 0.999]}}'
        optimizers = {"gp_adam": adam, "gp_rmsprop": rmsprop, "clip": rmsprop, "gan": dcgan}
        found = {}
        for name, optimizer in optimizers.items():
            config = ["--config", f"configs/{CONFIGS['cifar10' if full else 'digits'][name]}.yaml"]
            if full and name == "gan":
                config += ["--model", "lit_wgan.GAN", "--model.n_critic", "1"]
            both = [f"--model.{network}_optimizer={optimizer}" for network in ("generator", "critic")]
            found[f"score_{name}"] = [*config, *both, *(FULL if full else REDUCED)]
        return found

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """The mean of the last three scores of each, and the seconds of its run."""
        numbers: dict[str, float] = {}
        for name in CURVES:
            run = runs[f"score_{name}"]
            last = scores(run)[1][-3:]
            numbers[name] = sum(last) / len(last)
            numbers[f"{name}_seconds"] = training_seconds(run.directory) or 0.0
        return numbers

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """In the paper's order; scores that differ by less than a tenth are equal."""
        return numbers["gp_adam"] >= numbers["gp_rmsprop"] - 0.1 and numbers["gp_rmsprop"] > numbers["clip"]

    def draw(self, results: Sequence[Result]) -> Figure:
        """Scores over generator updates and over seconds."""
        figure = Figure(figsize=(10, 4), layout="constrained")
        by_update, by_time = figure.subplots(1, 2, sharey=True)
        for number, result in enumerate(results):
            for name, (label, colour) in CURVES.items():
                run = result.runs[f"score_{name}"]
                updates, values = scores(run)
                seconds = result.numbers[f"{name}_seconds"] / run.updates
                look = {"color": colour, "label": label if number == 0 else None, "alpha": 0.8}
                by_update.plot(updates, values, **look)
                by_time.plot([update * seconds for update in updates], values, **look)
        by_update.set(xlabel="generator updates", ylabel="Inception Score", title="Score over generator updates")
        by_time.set(xlabel="seconds", title="Score over time")
        by_update.legend(loc="lower right")
        return figure


def measured(every: int, count: int, extractor: str) -> str:
    """The callback that measures the Inception Score."""
    options = f'"metrics": ["isc"], "num_samples": {count}, "every_n_updates": {every}{extractor}'
    return f'[{{"class_path": "lit_wgan.FidelityCallback", "init_args": {{{options}}}}}]'


FULL = ["--trainer.max_steps", "200000", "--trainer.callbacks", measured(1000, 1000, "")]
REDUCED = ["--trainer.max_steps", "1000", "--trainer.val_check_interval", "1000", "--model.ema_decay", "0.99"]
REDUCED += ["--model.generator.width", "32", "--model.critic.width", "32", "--samples.every_n_updates", "1000"]
REDUCED += ["--trainer.callbacks", measured(100, 1000, ', "extractor": "digits"')]


def scores(run: Run) -> tuple[list[int], list[float]]:
    """The generator updates at which scores were measured, and these."""
    return run.series(SCORE if SCORE in run.metrics else f"{SCORE}_digits")
