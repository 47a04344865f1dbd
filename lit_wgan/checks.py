"""The one check that networks, data and systems share."""


def check_positive(**values: float) -> None:
    """Raise a ValueError that names the first value not above 0."""
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"Expected {name} to be above 0, but got {value}. Set it to a positive number.")
