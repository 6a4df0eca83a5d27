"""Tocsin: reads what customers do and say, keeps the score of every channel, rings when it falls."""

__version__ = "0.2.0"
