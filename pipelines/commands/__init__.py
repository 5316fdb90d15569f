"""The verbs of `mdm`, by what they are about. A verb parses what was typed, calls one function, shows its result."""
