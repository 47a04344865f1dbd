"""What a run looks like and how it fares, for people: diagnosis."""
