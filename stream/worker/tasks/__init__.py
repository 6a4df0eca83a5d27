"""Tasks: one partition's processor on Kafka, from its snapshot on; and who has which."""
