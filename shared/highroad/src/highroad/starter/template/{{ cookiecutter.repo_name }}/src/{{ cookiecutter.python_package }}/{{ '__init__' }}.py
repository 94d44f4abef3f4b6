{%- set project = design_of(cookiecutter) -%}
"""{{ project.answers.description }}."""
