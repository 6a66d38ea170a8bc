"""From evidence to one exact figure per subject and cycle: integers, summed from additive daily tallies."""
