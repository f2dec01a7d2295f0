"""A typed Python client of the service; needs `requests` and nothing else of this project at run time.

    from service.client import Doorstep

    doorstep = Doorstep("http://127.0.0.1:8000", "sk_…")
    answer = doorstep.enrich({"address": "Sankt Mortens Gade 3, 3700 Rønne"})

The methods and their types are generated from `openapi.yaml` (`python service/client/generate.py`); a
test fails when they differ.
"""

from service.client.operations import Doorstep
from service.client.transport import ProblemError, UnreachableServiceError

__all__ = ["Doorstep", "ProblemError", "UnreachableServiceError"]
