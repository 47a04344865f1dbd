"""How close generated images come to real ones, by the features of a trained network."""
