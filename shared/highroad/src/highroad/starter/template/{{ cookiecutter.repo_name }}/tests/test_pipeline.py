{%- set project = design_of(cookiecutter) -%}
"""The pipeline holds together: what nodes read is made by others, or comes from outside."""

from {{ project.name }}.pipeline_registry import register_pipelines


def test_the_pipeline_reads_what_it_says_it_reads():
    pipeline = register_pipelines()["__default__"]
    inputs = {each for each in pipeline.inputs() if not each.startswith("params:")}
{%- if project.has_sample %}
    assert not inputs
{%- else %}
    expected = "{{ project.input }}"
    assert inputs == {expected}
{%- endif %}
    output = "{{ project.product ~ "@" ~ project.answers.frame if project.is_product else "metrics#metrics" if project.is_model else "summary#metrics" }}"
    assert output in pipeline.outputs()
