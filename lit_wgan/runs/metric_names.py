"""How names of logged metrics are made up."""

OF_CLASS = "_class_"
"""Between the name of a metric of one class and the class's number."""
ESTIMATE = "_estimate"
"""In the names of what a critic estimates by its own scores, which is no metric of samples."""
FLOOR = "_floor"
"""Behind the name of a metric: the same metric of training samples in place of generated ones."""
