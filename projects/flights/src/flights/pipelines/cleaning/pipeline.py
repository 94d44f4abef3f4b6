"""From the landing zone to the data products; only what changed."""

from kedro.pipeline import Pipeline, node, pipeline

from flights.pipelines.cleaning.nodes import (
    clean_fleet,
    clean_flights,
    clean_weather,
    measure_quality,
)


def create_pipeline() -> Pipeline:
    """The cleaning pipeline. A drop is confirmed once what was made of it is saved."""
    return pipeline(
        [
            node(
                clean_flights,
                ["landed_flights@changed", "landed_airports@table", "params:time_zones"],
                "flights.departures@partitions",
                name="clean_flights",
                confirms="landed_flights@changed",
            ),
            node(
                clean_weather,
                "landed_weather@changed",
                "flights.weather@partitions",
                name="clean_weather",
                confirms="landed_weather@changed",
            ),
            node(
                clean_fleet,
                "landed_fleet@changed",
                "flights.fleet@partitions",
                name="clean_fleet",
                confirms="landed_fleet@changed",
            ),
            node(
                measure_quality,
                ["flights.departures@pandas", "flights.weather@pandas", "flights.fleet@pandas"],
                "quality#metrics",
                name="measure_quality",
            ),
        ]
    )
