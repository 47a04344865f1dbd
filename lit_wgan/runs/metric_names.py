"""How names of logged metrics are made up."""

OF_CLASS = "_class_"
"""Between the name of a metric of one class and the class's number."""
FLOOR = "_floor"
"""Behind the name of a metric: the same metric of training samples in place of generated ones."""
