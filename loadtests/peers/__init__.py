"""What a user would run instead, with the same voice file, asked for the same words."""
