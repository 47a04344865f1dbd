"""What training stands on: collectives, launching, stopping, checkpoint files, minibatches."""
