"""Metrics of samples of any shape against reference samples: distances, a classifier, correlations, spectra."""
