"""Marshmallow schemas: what requests are checked against and what `openapi.yaml` is generated from."""
