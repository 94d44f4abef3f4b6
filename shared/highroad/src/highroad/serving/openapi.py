"""The description of the service's API, from its contract."""

from __future__ import annotations

from typing import Any

from highroad.serving.scoring import Scorer


def openapi(scorer: Scorer) -> dict[str, Any]:
    """An OpenAPI 3.1 document."""
    rules = scorer.contract.rules
    row = {
        "type": "object",
        "additionalProperties": False,
        "required": [rule.name for rule in rules],
        "properties": {rule.name: rule.schema() for rule in rules},
    }
    fault = {
        "type": "object",
        "properties": {
            "row": {"type": ["integer", "null"]},
            "field": {"type": "string"},
            "kind": {"enum": ["missing", "unknown", "null", "type", "range", "category"]},
            "expected": {"type": "string"},
            "found": {},
        },
    }
    faults = {"faults": {"type": "array", "items": fault}}
    prediction: dict[str, Any] = {
        "id": {"type": "string"},
        "row": {"type": "integer"},
        "prediction": {},
    }
    if len(scorer.model.about.classes) == 2:
        prediction["probability"] = {"type": "number"}
    elif scorer.model.about.classes:
        prediction["probabilities"] = {"type": "array", "items": {"type": "number"}}
    answer = {
        "type": "object",
        "properties": {
            "predictions": {
                "type": "array",
                "items": {"type": "object", "properties": prediction},
            },
            **faults,
            "model": {"type": "string"},
            "version": {"type": "integer"},
            "release": {"type": "string"},
        },
    }
    request = {
        "type": "object",
        "additionalProperties": False,
        "required": ["rows"],
        "properties": {
            "rows": {"type": "array", "items": row, "maxItems": scorer.assignment.settings.most_rows},
            "partial": {"type": "boolean", "default": False, "description": "Score the rows without a fault, and list the faults of the others."},
        },
    }  # fmt: skip
    problem = {"type": "object", "properties": {"error": {"type": "string"}, **faults}}
    plain = {"200": {"description": "What it is called."}}
    score = {
        "summary": "Score one or many rows.",
        "requestBody": {"required": True, "content": _json(request)},
        "responses": {
            "200": {"description": "Predictions, each with its id.", "content": _json(answer)},
            "400": {"description": "The body is no JSON."},
            "413": {"description": "The body is too large."},
            "422": {"description": "Rows break the contract; every fault.", "content": _json(problem)},
            "429": {"description": "Too many requests wait; try again after Retry-After seconds."},
            "503": {"description": "No model is loaded."},
        },
    }  # fmt: skip
    paths = ("/v1/model", "/v1/contract", "/health", "/ready", "/metrics")
    return {
        "openapi": "3.1.0",
        "info": {"title": scorer.assignment.model, "version": str(scorer.assignment.version)},
        "paths": {"/v1/score": {"post": score}, **{path: {"get": {"responses": plain}} for path in paths}},
    }  # fmt: skip


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
