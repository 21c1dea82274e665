"""The interface for programs, described once (OpenAPI 3.1): what `/api/openapi.json` serves and `/api` shows."""
