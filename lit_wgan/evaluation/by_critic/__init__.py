"""The Wasserstein-1 distance between two sets of samples, as a critic of WGAN-GP finds it."""
