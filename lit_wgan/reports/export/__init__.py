"""A generator that leaves home: files that run without lit-wgan, and a card that says what they are."""
