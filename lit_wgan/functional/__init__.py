"""The mathematics as pure functions that import torch alone."""
