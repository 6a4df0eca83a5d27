"""The intake: records of one input partition become panes of tallies."""
