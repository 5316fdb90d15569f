"""E-mail addresses: given, the text; expected: the address in small letters, or None."""

from __future__ import annotations

from typing import Any

from mdm.cleanse.emails import cleanse_email
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """The address."""
    found = cleanse_email(case.given, region=case.region)
    return marked(found.address, found.issues)


def email(given: str, expected: str | None, why: str, mark: str = "valid", fails: str = "") -> Case:
    """An address of a Canadian feed."""
    return Case(given, "CA", expected, "unreadable" if expected is None else mark, why, fails)


ANN = "ann.lee@telus.net"
CASES = (
    email("ann.lee@telus.net", ANN, "an ordinary address"),
    email("Ann.Lee@TELUS.NET", ANN, "nobody tells capitals apart"),
    email(" ann.lee@telus.net ", ANN, "blanks around it"),
    email("ann.lee@telus.net;", ANN, "the separator of a list"),
    email("<ann.lee@telus.net>", ANN, "the brackets of a mail program"),
    email("Ann Lee <ann.lee@telus.net>", ANN, "the name before it is no part of it"),
    email("mailto:ann.lee@telus.net", ANN, "a link of a web page"),
    email("'ann.lee@telus.net'", ANN, "quotes of a spreadsheet"),
    email("ann.lee@telus.net.", ANN, "the full stop of a sentence"),
    email("ann.lee @telus.net", ANN, "a blank is never part of an address", "repaired"),
    email("ann.lee@ telus.net", ANN, "a blank behind the sign", "repaired"),
    email("ann.lee@telus .net", ANN, "a blank before the ending", "repaired"),
    email("ann+shop@gmail.com", "ann+shop@gmail.com", "what stands behind a plus is kept"),
    email("a.n.n@gmail.com", "a.n.n@gmail.com", "dots are kept; only some hosts ignore them"),
    email("o'brien@telus.net", "o'brien@telus.net", "an apostrophe may stand there"),
    email("ann_lee-99@telus.net", "ann_lee-99@telus.net", "underscore, hyphen, digits"),
    email("ann@mail.ucalgary.ca", "ann@mail.ucalgary.ca", "a domain of three parts"),
    email("ann@exämple.de", "ann@exämple.de", "a domain with an umlaut"),
    email("ann@gmial.com", "ann@gmial.com", "mistyped, but perhaps delivered: kept and marked", "suspicious"),
    email("ann@gmail.con", "ann@gmail.con", "no such ending: kept and marked", "suspicious"),
    email("ann@hotmail.co", "ann@hotmail.co", "the m is missing: kept and marked", "suspicious"),
    email("ann@videotron.con", "ann@videotron.con", "the same at a host of Québec", "suspicious"),
    email("ann.telus.net", None, "no sign in it"),
    email("ann@telus", None, "no ending: nothing is delivered there"),
    email("ann@", None, "nothing behind the sign"),
    email("@telus.net", None, "nothing before the sign"),
    email("ann..lee@telus.net", None, "two dots in a row"),
    email("ann@@telus.net", None, "two signs in it"),
    email("ann@telus,net", None, "a comma for a dot could also be two addresses"),
    email("ann(at)telus.net", None, "hidden from robots, and from us"),
    email("ann@telus.net, bob@shaw.ca", None, "two addresses: which is it?"),
    email("www.telus.net", None, "a web page"),
    email("403-262-1234", None, "a phone number in the wrong column"),
    email("test@test.com", None, "what testers type"),
    email("none@none.com", None, "none is nobody"),
    email("na@na.com", None, "not available, in the form of an address"),
    email("noemail@telus.net", None, "what clerks type to get on"),
    email("no.email@rogers.com", None, "the same with a dot"),
    email("noreply@shop.ca", None, "nobody reads it"),
    email("refused@telus.net", None, "the customer did not tell"),
    email("a@a.com", None, "keys held down"),
    email("user@example.com", None, "kept for examples"),
    email("ann@pc.local", None, "a name inside a house"),
    email("none", None, "the word none"),
    email("aucun", None, "the word none in French"),
)
