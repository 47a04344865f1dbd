"""Titles of metrics in a report."""

from lit_wgan.reports.words import label

TITLES = {
    "critic/fraction_at_bound": "Share of the critic's weights at the bound",
    "critic/gradient_norm": "Slope of the critic",
    "critic/gradient_penalty": "Gradient penalty",
    "critic/jensen_shannon_estimate": "Critic's estimate of the Jensen-Shannon divergence",
    "critic/le_cam_estimate": "Critic's estimate of the Le Cam divergence",
    "critic/loss": "Loss of the critic",
    "critic/step_cosine": "Cosine of the critic's step and its negative gradient",
    "critic/wasserstein_estimate": "Critic's estimate of W1",
    "critic/wasserstein_estimate_per_slope": "Critic's estimate of W1 over its slope",
    "critic_activations": "Gradient norm by layer of the critic's activations",
    "critic_layers": "Gradient norm by layer of the critic's weights",
    "eval/gradient_norm": "Slope of the critic on held-out samples",
    "generator/loss": "Loss of the generator",
    "generator/step_cosine": "Cosine of the generator's step and its negative gradient",
}


def title(name: str) -> str:
    """The title of a metric's curve; its name where there are no words for it."""
    return TITLES.get(name) or label(name)
