import pytest

from experiments.wgan.section_4_2 import COLOURS, Section42
from lit_wgan.experiments import Result
from lit_wgan.runs.run import Run


def test_steps_against_the_gradient_are_counted_and_w1_is_that_of_the_second_half(tmp_path):
    runs = {}
    for label, cosines in zip(COLOURS, ("1,1,1,1", "1,-1,0.5,-0.5", "1,1,1,1"), strict=True):
        rows = [f"{update},{cosine},0,{update}" for update, cosine in enumerate(cosines.split(","), 1)]
        (tmp_path / label).mkdir()
        text = "\n".join(["step,critic/step_cosine,critic/loss,eval/w1", *rows])
        (tmp_path / label / "metrics.csv").write_text(f"{text}\n")
        runs[label] = Run(tmp_path / label)
    numbers = Section42().measure(runs)
    assert (numbers["share_negative_rmsprop"], numbers["share_negative_adam"]) == (0, 0.5)
    assert numbers["smallest_cosine_adam"] == -1
    assert numbers["mean_w1_adam"] == pytest.approx(3.5)
    assert not Section42().holds(numbers)
    assert Section42().holds(numbers | {"mean_w1_rmsprop": 1.0})
    assert len(Section42().draw([Result(0, runs, numbers)]).axes) == 3
