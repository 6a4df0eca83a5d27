"""Alerts in a Faust agent: `BROKER=kafka://localhost:9092 python examples/alerts_faust.py worker`."""

import os

import faust

app = faust.App(
    "cx-desk",
    broker=os.environ.get("BROKER", "kafka://localhost:9092"),
    topic_allow_declare=False,  # Tocsin's topics are Tocsin's to create
    topic_disable_leader=True,
    web_enabled=False,
    worker_redirect_stdouts=False,  # what is printed is not a line of the log
)


@app.agent(app.topic("cx.alerts", key_type=str, value_serializer="json"))
async def follow(alerts: faust.StreamT) -> None:
    """Print alerts; whoever does more with them drops what it has seen, by `id` and `seq`."""
    async for alert in alerts:
        print(alert["at"], alert["severity"], alert["state"], alert["summary"], flush=True)


if __name__ == "__main__":
    app.main()
