import pytest
from lightning.pytorch.strategies import DDPStrategy, FSDPStrategy, ModelParallelStrategy, SingleDeviceStrategy

from lit_wgan import WGAN, ToyData
from lit_wgan.systems.checks import check_strategy


@pytest.mark.parametrize(
    "strategy",
    [
        *("auto", "ddp", "ddp_find_unused_parameters_true", "no such strategy"),
        *(SingleDeviceStrategy("cpu"), DDPStrategy(), DDPStrategy(find_unused_parameters=True)),
    ],
)
def test_strategies_that_work_are_accepted(strategy):
    check_strategy(strategy)


@pytest.mark.parametrize("strategy", ["fsdp", "deepspeed_stage_2", FSDPStrategy(), ModelParallelStrategy()])
def test_strategies_that_divide_networks_are_refused(strategy):
    with pytest.raises(ValueError, match="DDP family, but got .*Strategy. Use --trainer.strategy ddp"):
        check_strategy(strategy)


def test_a_static_graph_is_refused():
    with pytest.raises(ValueError, match="without static_graph, .* but got static_graph=True. Use"):
        check_strategy(DDPStrategy(static_graph=True))


@pytest.mark.parametrize("strategy", ["ddp_spawn", "ddp_fork", "ddp_notebook", DDPStrategy(start_method="spawn")])
def test_processes_whose_counters_would_be_lost_are_refused(strategy):
    with pytest.raises(ValueError, match="but got start_method=(spawn|fork). Use"):
        check_strategy(strategy)


def test_a_system_checks_its_trainer(networks, trainer):
    run = trainer()
    run.strategy._ddp_kwargs = {"static_graph": True}
    with pytest.raises(ValueError, match="static_graph"):
        run.fit(WGAN(**networks()), datamodule=ToyData("swiss_roll", 4))
