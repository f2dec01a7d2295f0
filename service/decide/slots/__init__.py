"""The kinds of slot, a file each: what a policy must have, what is chosen, how likely it was, who sees it."""
