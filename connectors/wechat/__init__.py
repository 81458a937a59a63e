"""WeChat Official Account: callback, crypto, parsing, rendering, API client."""
