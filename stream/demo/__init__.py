"""`tocsin demo`: an embedded broker, a worker, a generated day with an incident, and a live board."""
