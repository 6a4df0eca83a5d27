"""Alerts in a Faust agent: `BROKER=kafka://localhost:9092 python examples/alerts_faust.py worker`."""

import os

import faust

app = faust.App(
    "cx-desk",
    broker=os.environ.get("BROKER", "kafka://localhost:9092"),
    topic_allow_declare=False,  # Tocsin's topics are Tocsin's to create
    topic_disable_leader=True,
    web_enabled=False,
)


@app.agent(app.topic("cx.alerts", key_type=str, value_serializer="json"))
async def follow(alerts: faust.StreamT) -> None:
    """Log alerts, as Faust logs what is printed; whoever does more drops what it has seen, by id and seq."""
    async for alert in alerts:
        print("{at} {severity} {state} {summary}".format_map(alert))


if __name__ == "__main__":
    app.main()
