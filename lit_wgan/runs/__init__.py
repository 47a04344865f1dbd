"""What a run leaves behind: its directory, metrics.csv, environment.json, result.json, and its run on W&B."""
