"""What Prometheus and health checks read."""
