"""Kafka as Tocsin uses it: settings, clients, topics, offsets, snapshots, dead letters."""
