"""The commands of ``lit-wgan``, one module or package each."""
