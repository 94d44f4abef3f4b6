{%- set project = design_of(cookiecutter) -%}
{%- set frame = project.answers.frame -%}
"""What the nodes read and write."""

from kedro.pipeline import Pipeline, node, pipeline

from {{ project.name }} import nodes


def create_pipeline() -> Pipeline:
    """The project's pipeline."""
    return pipeline(
        [
{%- if project.has_sample %}
            node(
                nodes.make_sample,
                None,
                "{{ project.input }}",
                name="make_sample",
            ),
{%- endif %}
{%- if project.is_model %}
            node(
                nodes.choose_examples,
                ["{{ project.input }}", "params:model"],
                "examples#05_model_input@{{ frame }}",
                name="choose_examples",
            ),
            node(
                nodes.fit_model,
                ["examples#05_model_input@{{ frame }}", "params:model"],
                ["regressor#models", "metrics#metrics"],
                name="fit_model",
            ),
{%- elif project.is_product %}
            node(
                nodes.count_rows,
                "{{ project.input }}",
                "{{ project.product }}@{{ frame }}",
                name="count_rows",
            ),
{%- else %}
            node(
                nodes.summarise,
                "{{ project.input }}",
                "summary#metrics",
                name="summarise",
            ),
{%- endif %}
        ]
    )
