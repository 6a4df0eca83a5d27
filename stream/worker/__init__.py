"""The worker: partitions are assigned, processors are fed, snapshots saved, notices sent."""
