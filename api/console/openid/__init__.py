"""Signing in at a provider (OpenID Connect), as decision 19 says: its documents and its tokens.

Imported only where `mdm.toml` has [console.openid]: it brings an HTTP client and cryptography along.
"""
