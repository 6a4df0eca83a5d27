"""Volumes: too much or too little comes in, by a plain quota or against the learned week."""
