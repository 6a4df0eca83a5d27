"""The engine of the worker, driven from files or from topics as fast as it goes."""
