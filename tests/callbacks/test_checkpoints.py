from lit_wgan.callbacks import Checkpoints


def test_state_is_found_again_under_another_interval():
    keys = {Checkpoints(monitor="eval/w1", every_n_train_steps=interval).state_key for interval in (1, 500)}
    assert keys == {"Checkpoints{'monitor': 'eval/w1', 'mode': 'min'}"}
