"""The console at /console: where stewards work. Server-rendered; docs/console.md says how a page is made."""
