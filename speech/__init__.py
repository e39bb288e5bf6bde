"""Everything Chorale knows about speech. Neither Ray nor HTTP is known here."""
