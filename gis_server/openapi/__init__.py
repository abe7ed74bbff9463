"""The OpenAPI document of the whole API: what views say of themselves, put together."""
