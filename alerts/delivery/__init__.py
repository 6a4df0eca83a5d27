"""Delivery: who is told of a transition, when, how often, and what is done when a receiver is down."""
