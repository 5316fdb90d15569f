"""Changes sent to subscribers over signed webhooks; `sender.send` is the loop that does it."""
