"""The judge: tallies of one shard of scopes become scores, verdicts and transitions."""
