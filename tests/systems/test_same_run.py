"""What a run tells of itself, to be compared between its processes."""

import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

from lit_wgan import WGANGP, ArrayData, ToyData
from lit_wgan.callbacks import ExactW1
from lit_wgan.commands.same_options import by_name
from lit_wgan.systems.same_run import MAY_DIFFER, options_of, samples_of


def test_system_trainer_callbacks_and_data_are_told_by_names_of_options(networks, trainer):
    data = ToyData("swiss_roll", batch_size=8, num_workers=0)
    callbacks = [ExactW1(num_samples=5), EarlyStopping("eval/w1", patience=7)]
    run = trainer(callbacks=callbacks, precision="bf16-mixed", limit_val_batches=0)
    system = WGANGP(**networks(), n_critic=2)
    run.fit(system, datamodule=data)
    told = options_of(run, system)
    assert told["model.n_critic"] == 2
    assert told["model.generator.0.weight"] == "torch.float32 (16, 3)"
    assert told["trainer.max_steps"] == 2
    assert told["trainer.precision"] == "bf16-mixed"
    assert (told["ExactW1.num_samples"], told["EarlyStopping.patience"]) == (5, 7)
    assert told["data.batch_size"] == 8
    assert not told.keys() & MAY_DIFFER


def test_callbacks_that_only_show_are_left_out(networks, trainer):
    own = {"enable_progress_bar": True, "enable_model_summary": True}
    assert options_of(trainer(**own), WGANGP(**networks())) == options_of(trainer(), WGANGP(**networks()))
    told = options_of(
        trainer(enable_checkpointing=True, callbacks=[ModelCheckpoint(every_n_train_steps=3)]), WGANGP(**networks())
    )
    assert told["ModelCheckpoint.every_n_train_steps"] == 3


def test_samples_are_told_by_number_and_contents_and_drawn_ones_not_at_all(networks, trainer, tmp_path):
    def told(samples):
        data = ArrayData(samples, held_out=0.5, batch_size=2, cache_dir=str(tmp_path))
        run = trainer(limit_val_batches=0, max_steps=1)
        run.fit(WGANGP(**networks()), datamodule=data)
        return samples_of(data)

    samples = torch.arange(16.0).reshape(8, 2)
    assert told(samples) == told(samples.clone())
    changed = told(samples + 1)
    assert changed["number of training samples"] == 4
    assert changed["training samples"] != told(samples)["training samples"]
    assert set(samples_of(ToyData("swiss_roll")).values()) == {None}


def test_options_are_compared_by_their_names_on_the_command_line_but_for_those_of_a_node():
    options = {"model": {"class_path": "a", "init_args": {"gp_weight": 1.0}}, "config": ["a.yaml"]}
    options |= {"trainer": {"devices": 2, "callbacks": [{"class_path": "b", "init_args": {"n": 1}}]}}
    assert by_name(options) == {
        "model.class_path": "a",
        "model.gp_weight": 1.0,
        "trainer.callbacks[0].class_path": "b",
        "trainer.callbacks[0].n": 1,
    }
