"""The same metrics on 1, 2 and 3 processes: real ones, over gloo, on a number of samples that none divides."""

from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parent / "measure.py"


@pytest.fixture(scope="module")
def runs(script, tmp_path_factory):
    """What every rank found, by the number of devices."""
    folder = tmp_path_factory.mktemp("runs")
    script(folder, SCRIPT, folder, processes=3)
    return {devices: [torch.load(folder / f"on_{devices}.{rank}") for rank in range(devices)] for devices in (1, 2, 3)}


@pytest.mark.parametrize("devices", [2, 3])
def test_every_rank_has_the_same_metrics(runs, devices):
    first, *others = runs[devices]
    for other in others:
        assert other["metrics"] == first["metrics"]
        assert {k: v for k, v in other["training"]["logged"].items() if "seconds" not in k} == {
            k: v for k, v in first["training"]["logged"].items() if "seconds" not in k
        }


@pytest.mark.parametrize("devices", [2, 3])
def test_any_number_of_processes_measures_the_same(runs, devices):
    alone, together = runs[1][0]["metrics"], runs[devices][0]["metrics"]
    assert alone.keys() == together.keys()
    for case, expected in alone.items():
        assert together[case] == pytest.approx(expected, rel=1e-11, abs=1e-12), case
        for name, value in expected.items():  # of features, which are bitwise equal
            if ("fid" not in name and "inception" not in name) or "compat" in case:
                assert together[case][name] == value, (case, name)


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_neither_the_block_size_nor_the_cache_nor_what_else_is_measured_changes_a_metric(runs, devices):
    metrics = runs[devices][0]["metrics"]
    streamed = ("fid_small", "inception_score_mean_small", "inception_score_std_small")
    for case in ("other blocks", "more devices than blocks", "streamed", "streamed, from the cache", "all, compat"):
        for name in streamed:
            assert metrics[case][name] == pytest.approx(metrics["all"][name], rel=1e-5), (case, name)


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_metrics_of_classes_depend_on_neither_the_block_size_nor_the_cache(runs, devices):
    metrics = runs[devices][0]["metrics"]
    assert metrics["of classes, from the cache"] == metrics["of classes"]
    assert metrics["of classes, other blocks"] == pytest.approx(metrics["of classes"], rel=1e-5)
    assert metrics["of classes, compat"] == pytest.approx(metrics["of classes"], rel=1e-4)
    assert len(metrics["of classes"]) == 12


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_an_extractor_of_other_classes_stops_all_devices(runs, devices):
    for found in runs[devices]:
        assert (
            "Expected 9 logits for acc, one for each class, but got 5"
            in (found["failures"]["an extractor of other classes"])
        )


@pytest.mark.parametrize("devices", [2, 3])
@pytest.mark.parametrize(
    ("failure", "there", "elsewhere"),
    [("error of use", "UsageError", "UsageError"), ("defect", "ValueError", "RuntimeError")],
)
def test_an_exception_on_one_device_is_raised_on_all(runs, devices, failure, there, elsewhere):
    messages = [found["failures"][f"{failure} on one device"] for found in runs[devices]]
    culprit = (1003 // 64) % devices
    assert messages.pop(culprit) == f"{there}: no luck"
    assert set(messages) == {f"{elsewhere}: Process {culprit} failed with {there}: no luck"}


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_missing_weights_stop_all_devices(runs, devices):
    for found in runs[devices]:
        assert (
            "Expected LIT_WGAN_INCEPTION_WEIGHTS to name a file, but got no_such.pth" in found["failures"]["no weights"]
        )


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_a_block_that_no_device_took_is_noticed(runs, devices):
    for found in runs[devices]:
        assert "Expected every block of images once" in found["failures"]["a block left out"]


def test_a_file_that_one_device_alone_can_read_stops_all(runs):
    first, second = (found["failures"]["a reference on one device alone"] for found in runs[2])
    assert first.startswith("UsageError: Process 1 failed with UsageError: Expected ")
    assert "to hold mu and sigma" in second


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_training_is_bitwise_untouched_by_the_callback(runs, devices):
    assert all(found["training"]["untouched"] for found in runs[devices])


@pytest.mark.parametrize("devices", [2, 3])
def test_a_conditional_training_is_measured_class_by_class_on_any_number_of_devices(runs, devices):
    """Its weights are the same to rounding, so that its images are the same but for single levels of grey."""
    alone, *others = (found["training"]["of classes"] for found in (*runs[1], *runs[devices]))
    assert len(alone) == 2 + 20 + 2
    for found in others:
        for name, value in alone.items():
            if "seconds" not in name:
                assert found[name] == pytest.approx(value, rel=1e-2, abs=1e-2), name
                assert found[name] == others[0][name]


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_a_monitored_metric_picks_the_same_checkpoint_on_all_devices(runs, devices):
    trainings = [found["training"] for found in runs[devices]]
    assert len({training["best"] for training in trainings}) == 1
    assert trainings[0]["best"].endswith((f"best_{devices}/epoch=0-step=2.ckpt", f"best_{devices}/epoch=0-step=4.ckpt"))
    assert len({training["score"] for training in trainings}) == 1
    assert trainings[0]["logged"]["fidelity/num_samples"] == 100
