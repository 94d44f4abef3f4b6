"""From the source to monthly drops in the landing zone."""

from kedro.pipeline import Pipeline, node, pipeline

from flights.pipelines.landing.nodes import deliver_airports, deliver_by_month, deliver_fleet


def create_pipeline() -> Pipeline:
    """The landing pipeline."""
    return pipeline(
        [
            node(
                deliver_by_month,
                ["source_flights", "params:landing"],
                "landed_flights@zone",
                name="land_flights",
            ),
            node(
                deliver_by_month,
                ["source_weather", "params:landing"],
                "landed_weather@zone",
                name="land_weather",
            ),
            node(deliver_fleet, "source_fleet", "landed_fleet@zone", name="land_fleet"),
            node(deliver_airports, "source_airports", "landed_airports@zone", name="land_airports"),
        ]
    )
