"""Survivorship: the golden record of a customer, every value with the record and the rule that it came from."""
