"""`chorale benchmark`: measurements that repeat, their history, and what got worse in it."""
