"""Names of companies: given, the name; expected: (core for matching, legal form). The name itself is never changed."""

from __future__ import annotations

from typing import Any

from mdm.cleanse.organisations import cleanse_organisation
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """Core and legal form; the shown name is what was given."""
    found = cleanse_organisation(case.given, region=case.region)
    assert found.name is None or found.name == " ".join(case.given.split())
    return marked(None if found.name is None else (found.key, found.form), found.issues)


def company(given: str, key: str | None, form: str | None, why: str, region: str = "CA", fails: str = "") -> Case:
    """A company of a Canadian feed."""
    expected = None if key is None else (key, form)
    return Case(given, region, expected, "unreadable" if key is None else "valid", why, fails)


CASES = (
    company("Acme Telecom Inc.", "acme telecom", "inc", "the form is no part of the core"),
    company("ACME TELECOM INC", "acme telecom", "inc", "capitals, no dot"),
    company("Acme Telecom, Incorporated", "acme telecom", "inc", "spelled out behind a comma"),
    company("Acme Telecom Ltd.", "acme telecom", "ltd", "limited in short"),
    company("Acme Telecom Limited", "acme telecom", "ltd", "limited spelled out"),
    company("Acme Télécom Ltée", "acme telecom", "ltd", "limitée is limited; accents are no part of the core"),
    company("Acme Telecom Ltd./Ltée", "acme telecom", "ltd", "both languages at once"),
    company("Acme Telecom Limitée", "acme telecom", "ltd", "limitée spelled out"),
    company("Acme Telecom Corp.", "acme telecom", "corp", "corporation in short"),
    company("Acme Telecom Corporation", "acme telecom", "corp", "corporation spelled out"),
    company("Acme Telecom Co. Ltd.", "acme telecom", "ltd", "Co. Ltd. is limited"),
    company("Acme & Co.", "acme", "co", "& Co. is and company"),
    company("Smith and Sons Ltd", "smith and sons", "ltd", "and inside the name stays"),
    company("Smith & Sons Ltd", "smith and sons", "ltd", "the sign for and is and"),
    company("Acme ULC", "acme", "ulc", "an unlimited company of Alberta or Nova Scotia"),
    company("Roy Lee LLP", "roy lee", "llp", "a partnership of lawyers"),
    company("Roy Lee L.L.P.", "roy lee", "llp", "the same with dots"),
    company("Roy Lee s.e.n.c.r.l./LLP", "roy lee", "llp", "the same in both languages"),
    company("Gagnon et Fils S.E.N.C.", "gagnon et fils", "senc", "a general partnership of Québec"),
    company("Garage Roy Enr.", "garage roy", "enr", "a registered name of Québec"),
    company("Acme LP", "acme", "lp", "a limited partnership"),
    company("Blue Sky, L.L.C.", "blue sky", "llc", "an American form"),
    company("9123-4567 Québec inc.", "9123 4567 quebec", "inc", "a numbered company keeps its number"),
    company("9123-4567 QUEBEC INC", "9123 4567 quebec", "inc", "the same from an old system"),
    company("1234567 Ontario Limited", "1234567 ontario", "ltd", "a numbered company of Ontario"),
    company("1234567 Ontario Inc. o/a Joe's Pizza", "1234567 ontario", "inc", "o/a: the company is what stands before"),
    company("1234567 Ontario Inc. operating as Joe's Pizza", "1234567 ontario", "inc", "operating as, spelled out"),
    company("Smith Holdings Ltd. dba The Corner Store", "smith holdings", "ltd", "doing business as"),
    company("Smith Holdings Ltd d/b/a The Corner Store", "smith holdings", "ltd", "doing business as, with slashes"),
    company("9123-4567 Québec inc. f.a.s. Pizza Roy", "9123 4567 quebec", "inc", "faisant affaire sous, in French"),
    company("Joe's Pizza", "joes pizza", None, "no form, and the apostrophe is no part of the core"),
    company("Joes Pizza", "joes pizza", None, "the same from an old system"),
    company("The Bay Company", "bay", "co", "the article is no part of the core"),
    company("I.B.M. Canada Ltd", "ibm canada", "ltd", "letters with dots are one word"),
    company("A&W Food Services of Canada Inc.", "a and w food services of canada", "inc", "a sign inside a word"),
    company("Les Entreprises Roy Ltée", "les entreprises roy", "ltd", "a French article may tell companies apart"),
    company("Coopérative La Seigneurie", "cooperative la seigneurie", None, "a form in front is part of the name"),
    company("Dr. Jane Roy Professional Corporation", "dr jane roy professional", "corp", "a doctor's company"),
    company("City of Calgary", "city of calgary", None, "a city has no form"),
    company("Limited", "limited", None, "a form alone is a name"),
    company("The Limited", "limited", None, "and so with its article"),
    company("Müller GmbH", "muller", "gmbh", "a German form", region="DE"),
    company("Peugeot S.A.", "peugeot", "sa", "a French form", region="FR"),
    company("Tata Consultancy Services Pvt. Ltd.", "tata consultancy services", "ltd", "an Indian form", region="IN"),
    company("Vale S.A.", "vale", "sa", "a Brazilian form", region="BR"),
    company("Emirates Trading LLC", "emirates trading", "llc", "a form of the Emirates", region="AE"),
    company("Tesco PLC", "tesco", "plc", "a British form", region="GB"),
    company("N/A", None, None, "not available, said in short"),
    company("TEST COMPANY", None, None, "companies of the test department"),
)
