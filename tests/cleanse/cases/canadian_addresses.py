"""Addresses of Canada and the United States in English and French: civic forms, boxes, routes, places, postal codes.

given: one line, or parts. expected: of the parts that it names, what is shown; `dwelling` is the key of the dwelling
(number|street|unit|po box|place), by which two spellings of one dwelling find each other.
"""

from __future__ import annotations

from typing import Any

from mdm.cleanse.addresses import cleanse_address
from mdm.cleanse.postal import AddressText
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """The parts of an address that the case is about."""
    parts = {"text": case.given} if isinstance(case.given, str) else case.given
    found = cleanse_address(AddressText(**parts), region=case.region)
    shown = {} if found.address is None else found.address._asdict()
    shown |= {"dwelling": found.keys.dwelling}
    return marked({name: shown.get(name) for name in case.expected}, found.issues)


def line(given: str, dwelling: str | None, why: str, mark: str = "valid", fails: str = "", **expected: str) -> Case:
    """An address of one line in a Canadian feed."""
    return Case(given, "CA", {"dwelling": dwelling, **expected}, mark, why, fails)


def street(
    given: str, dwelling: str | None, why: str, mark: str = "valid", region: str = "CA", fails: str = ""
) -> Case:
    """The street column of a feed that has other columns for the place."""
    return Case({"street": given}, region, {"dwelling": dwelling}, mark, why, fails)


def postcode(given: str, expected: str | None, why: str, mark: str = "valid", **parts: str) -> Case:
    """A postal code, with the parts beside it."""
    return Case({"street": "1 Main St", "postcode": given, **parts}, "CA", {"postcode": expected}, mark, why)


CASES = (
    # -- civic numbers and units in English ------------------------------------------------------------------------
    street("123 Main St", "123|main st|||", "number and street"),
    street("123 MAIN STREET", "123|main st|||", "Street is St"),
    street("123 Main Str.", "123|main st|||", "so is Str."),
    street("4-123 Main St", "123|main st|4||", "a number before a hyphen is the unit in Canada"),
    street("4 - 123 Main St", "123|main st|4||", "blanks around the hyphen"),
    street("#4-123 Main St", "123|main st|4||", "a sign before the unit"),
    street("Unit 4, 123 Main St", "123|main st|4||", "the word unit in front"),
    street("Unit 4 - 123 Main St", "123|main st|4||", "the word unit and a hyphen"),
    street("Suite 400, 123 Main St", "123|main st|400||", "offices have suites"),
    street("123 Main St Apt 4", "123|main st|4||", "the unit behind the street"),
    street("123 Main St, Apt. 4", "123|main st|4||", "with comma and dot"),
    street("123 Main St APT#4", "123|main st|4||", "without a blank before the sign"),
    street("123 Main St #4", "123|main st|4||", "a sign alone"),
    street("123 Main St # 4", "123|main st|4||", "a sign and a blank"),
    street("123 Main St Unit 4B", "123|main st|4b||", "a unit with a letter"),
    street("123 Main St Unit B", "123|main st|b||", "a unit that is a letter"),
    street("B-123 Main St", "123|main st|b||", "a letter before the hyphen"),
    street("123 Main St Ste 400", "123|main st|400||", "Ste with a number is a suite"),
    street("123 Main St Rm 12", "123|main st|12||", "a room of a house"),
    street("123 Main St Bsmt", "123|main st|bsmt||", "a basement is a dwelling of its own"),
    street("123 Main St Basement", "123|main st|bsmt||", "spelled out it is the same"),
    street("Basement - 123 Main St", "123|main st|bsmt||", "in front as landlords write it"),
    street("Bsmt, 123 Main St", "123|main st|bsmt||", "in front and short"),
    street("123 Main St Upper", "123|main st|upper||", "the upper flat of a house"),
    street("Main Floor, 123 Main St", "123|main st|mainfl||", "the main floor of a house"),
    street("123 Main St PH 2", "123|main st|ph2||", "a penthouse with a number"),
    street("PH2-123 Main St", "123|main st|ph2||", "a penthouse before the hyphen"),
    street("123A Main St", "123a|main st|||", "a letter of the house number"),
    street("123 A Main St", "123a|main st|||", "the same with a blank",
           fails="A Street is a street, too: the blank cannot be told from its name"),
    street("123 1/2 Main St", "123h|main st|||", "half numbers are houses between two others"),
    street("123½ Main St", "123h|main st|||", "the sign for a half"),
    street("123-1/2 Main St", "123h|main st|||", "a hyphen before the half is no unit"),
    street("Unit 3 12 1/2 Main St", "12h|main st|3||", "unit and half number"),
    street("0123 Main St", "123|main st|||", "leading zeros of fixed-width files"),
    street("123, Main St", "123|main st|||", "a comma behind the number"),
    street("No. 123 Main St", "123|main st|||", "No. before the number"),
    street("12 Oak Lane Unit 12", "12|oak ln|12||", "number and unit may be equal"),
    # -- streets ------------------------------------------------------------------------------------------------------
    street("123 4th Ave SW", "123|4th ave sw|||", "numbered avenues of the West with a quadrant"),
    street("123 4 Avenue SW", "123|4th ave sw|||", "Calgary writes 4 Avenue for 4th Avenue"),
    street("1204-123 4 Ave S.W.", "123|4th ave sw|1204||", "dots in the quadrant"),
    street("123 4th Avenue Southwest", "123|4th ave sw|||", "the quadrant spelled out"),
    street("10104 103 Ave NW", "10104|103rd ave nw|||", "Edmonton: house number, then numbered avenue"),
    street("123 Fourth Ave", "123|4th ave|||", "the ordinal as a word"),
    street("123 W 4th Ave", "123|w 4th ave|||", "Vancouver puts West in front"),
    street("123 West 4th Avenue", "123|w 4th ave|||", "the same spelled out"),
    street("55 King St. W.", "55|king st w|||", "a direction behind the street"),
    street("55 King Street West", "55|king st w|||", "the same spelled out"),
    street("100 St. Clair Ave E", "100|st clair ave e|||", "a saint before the type"),
    street("100 Saint Clair Avenue East", "100|st clair ave e|||", "the same spelled out"),
    street("12 Crescent Rd", "12|cres rd|||", "a type as a name"),
    street("12 The Esplanade", "12|the esplanade|||", "a street without a type"),
    street("12 Broadway", "12|broadway|||", "a street of one word"),
    street("12 Maple Cresent", "12|maple cres|||", "a common misspelling of Crescent"),
    street("12 Maple Gdns", "12|maple gdns|||", "Gardens in short"),
    street("12345 Hwy 7", "12345|hwy 7|||", "a house on a highway"),
    street("12345 Highway #7", "12345|hwy 7|||", "the sign before the number of a highway is no unit"),
    street("1234 Concession Rd 5", "1234|concession rd 5|||", "concession roads of Ontario"),
    street("1234 County Rd. 10", "1234|county rd 10|||", "county roads of Ontario"),
    street("2345 Range Road 52", "2345|range rd 52|||", "range roads of the Prairies"),
    street("51332 RGE RD 224", "51332|range rd 224|||", "the same in short"),
    street("53016 Twp Rd 532", "53016|township rd 532|||", "township roads of Alberta"),
    street("1234 Sideroad 15", "1234|sideroad 15|||", "side roads of Ontario"),
    street("5 Line 8 N", "5|line 8 n|||", "lines of Ontario"),
    # -- French -------------------------------------------------------------------------------------------------------
    street("123, rue Sherbrooke Ouest", "123|sherbrooke st w|||", "French order, English order: one street"),
    street("123 Sherbrooke St W", "123|sherbrooke st w|||", "the same in English"),
    street("123 rue Sherbrooke O", "123|sherbrooke st w|||", "O is Ouest"),
    street("123 RUE SHERBROOKE O.", "123|sherbrooke st w|||", "O with a dot"),
    street("44 boul. René-Lévesque Est", "44|rene levesque blvd e|||", "boul. is boulevard"),
    street("44 boulevard René-Lévesque E", "44|rene levesque blvd e|||", "the same spelled out"),
    street("44 bd Rene-Levesque E", "44|rene levesque blvd e|||", "bd as in France, and no accents"),
    street("9 ch. du Lac", "9|du lac ch|||", "ch. is chemin"),
    street("9 Chemin du Lac", "9|du lac ch|||", "chemin spelled out"),
    street("12 av. du Parc", "12|du parc ave|||", "av. is avenue"),
    street("12, avenue du Parc", "12|du parc ave|||", "avenue in French order"),
    street("12 avenue Papineau Nord", "12|papineau ave n|||", "Nord is north"),
    street("7 pl. Ville-Marie", "7|ville marie pl|||", "place in short"),
    street("7 place Ville Marie", "7|ville marie pl|||", "a hyphen more or less"),
    street("15 montée Masson", "15|masson mtee|||", "a montée of Québec"),
    street("15 mtée Masson", "15|masson mtee|||", "the same in short"),
    street("88 côte de la Montagne", "88|de la montagne cote|||", "a côte of Québec"),
    street("350 rang 3", "350|3 rang|||", "a rang of the countryside"),
    street("350 rg 3", "350|3 rang|||", "the same in short"),
    street("21 route 138", "21|rte 138|||", "a numbered route"),
    street("44 rue Roy app. 5", "44|roy st|5||", "app. is appartement"),
    street("44 rue Roy, appt 5", "44|roy st|5||", "appt is the same"),
    street("44 rue Roy #5", "44|roy st|5||", "a sign is the same"),
    street("5-44 rue Roy", "44|roy st|5||", "the unit in front"),
    street("44 rue Roy, bureau 200", "44|roy st|200||", "an office in French"),
    street("44 rue Roy local 12", "44|roy st|12||", "a shop in a mall"),
    street("44 rue Roy 2e étage", "44|roy st|fl2||", "the second floor"),
    street("44 rue Roy, sous-sol", "44|roy st|bsmt||", "the basement in French"),
    street("44A rue Roy", "44a|roy st|||", "a letter of the house number"),
    street("1re Avenue 12", None, "the number may be behind, nobody can tell"),
    street("12 1re Avenue", "12|1st ave|||", "première is first"),
    street("12 2e Rue", "12|2nd st|||", "deuxième is second"),
    street("12 rue St-Denis", "12|st denis st|||", "Saint in short"),
    street("12 rue Saint-Denis", "12|st denis st|||", "Saint spelled out"),
    street("12 rue Ste-Catherine E.", "12|st catherine st e|||", "Sainte in short"),
    street("12 rue de l'Église", "12|de l eglise st|||", "an elided article"),
    street("12 RUE DE L EGLISE", "12|de l eglise st|||", "the same in an old system without apostrophes"),
    # -- boxes, routes, general delivery ------------------------------------------------------------------------------
    line("PO Box 123, Banff, AB T1L 1A1", "|||123|t1l1a1", "a post box is a dwelling for mail", po_box="123"),
    line("P.O. BOX 123, BANFF AB T1L1A1", "|||123|t1l1a1", "the same with dots", po_box="123"),
    line("Box 123, Banff AB T1L 1A1", "|||123|t1l1a1", "the word box alone", po_box="123"),
    line("POB 123, Banff AB T1L 1A1", "|||123|t1l1a1", "POB in one word", po_box="123"),
    line("C.P. 123, Rimouski (Québec) G5L 7B1", "|||123|g5l7b1", "C.P. is case postale", po_box="123", region="QC"),
    line("CP 123, Rimouski QC G5L 7B1", "|||123|g5l7b1", "the same without dots", po_box="123"),
    line("Case postale 123, Rimouski QC G5L 7B1", "|||123|g5l7b1", "the same spelled out", po_box="123"),
    line("PO Box 123 Stn Main, Banff AB T1L 1A1", "|||123|t1l1a1", "a station of the post is no street", po_box="123"),
    line("C.P. 123, succ. Centre-Ville, Montréal QC H3C 3P8", "|||123|h3c3p8", "succursale is a station", po_box="123"),
    line("123 Main St, PO Box 45, Banff AB T1L 1A1", "123|main st||45|t1l1a1", "street and box", po_box="45"),
    line("RR 2, Site 5 Comp 10, Olds AB T4H 1P3", "|rr 2 site 5 comp 10|||t4h1p3", "a rural route in full"),
    line("R.R.#2 Site 5 Comp 10, Olds AB T4H 1P3", "|rr 2 site 5 comp 10|||t4h1p3", "the same with sign and dots"),
    line("RR2 S5 C10, Olds AB T4H 1P3", "|rr 2 site 5 comp 10|||t4h1p3", "the same as clerks write it"),
    line("RR 2, Olds AB T4H 1P3", None, "a whole route is no dwelling"),
    line("1234 Main St, RR 2, Olds AB T4H 1P3", "1234|main st|||t4h1p3", "a house on a route is a house"),
    line("RR 2, PO Box 45, Olds AB T4H 1P3", "|rr 2||45|t4h1p3", "a box on a route", po_box="45"),
    line("General Delivery, Olds AB T4H 1P0", None, "whoever fetches mail there lives elsewhere"),
    line("GD Stn Main, Olds AB T4H 1P0", None, "general delivery in short"),
    line("Poste restante, Rimouski QC G5L 7B0", None, "general delivery in French"),
    # -- whole lines and places ---------------------------------------------------------------------------------------
    line("1204-55 King St W, Toronto, ON M5V 1A1", "55|king st w|1204||m5v1a1", "the ordinary line", unit="1204",
         locality="Toronto", region="ON", postcode="M5V 1A1"),
    line("55 King Street West Toronto Ontario M5V1A1", "55|king st w|||m5v1a1", "no comma in it", locality="Toronto"),
    line("55 KING ST W, TORONTO, ON, M5V 1A1, CANADA", "55|king st w|||m5v1a1", "the country at the end",
         locality="Toronto"),
    Case({"street": "123 RUE DE L'ÉGLISE"}, "CA", {"number": "123", "street": "Rue De L'Église"}, "valid",
         "accents stay where the number is split off"),
    Case({"street": "12 Große Straße"}, "CA", {"number": "12", "street": "Große Straße"}, "valid",
         "so do letters that fold to two"),
    line("44, boul. Roy Est, app. 5, Montréal (Québec) H2X 1Y4", "44|roy blvd e|5||h2x1y4", "the province in brackets",
         region="QC", locality="Montréal"),
    line("12 Oak Ave, Saint John, N.B. E2L 4L1", "12|oak ave|||e2l4l1", "a province with dots", region="NB"),
    line("12 Oak Ave, St. John's NL A1C 5M2", "12|oak ave|||a1c5m2", "a town with dot and apostrophe",
         locality="St. John's", region="NL"),
    line("12 Oak Ave, Charlottetown, Prince Edward Island C1A 4P3", "12|oak ave|||c1a4p3", "a province of three words",
         region="PE"),
    line("12 rue Roy, Moncton (Nouveau-Brunswick) E1C 4Z1", "12|roy st|||e1c4z1", "a province in French", region="NB"),
    line("12 Oak Ave, Whitehorse, Yukon Territory Y1A 2C6", "12|oak ave|||y1a2c6", "Yukon as it was", region="YT"),
    line("12 Oak Ave, Gander, Nfld A1V 1W4", "12|oak ave|||a1v1w4", "Newfoundland as it was", region="NL"),
    line("12 rue Roy, Laval PQ H7N 1A1", "12|roy st|||h7n1a1", "PQ was Québec", region="QC"),
    line("12 Oak Ave, Calgary Alta. T2P 1J9", "12|oak ave|||t2p1j9", "Alta. is Alberta", region="AB"),
    line("12 Oak Ave, Calgary AB", "12|oak ave|||calgary ab", "without a postal code the town is the place"),
    line("Calgary AB T2P 1J9", None, "a town is no dwelling"),
    line("55 King St W, Toronto ON M5V IA1", "55|king st w|||m5v1a1", "a slip in the postal code of a line", "repaired",
         postcode="M5V 1A1"),
    line("12 Oak Ave, Calgary T2P 1J9 AB", "12|oak ave|||t2p1j9", "the province behind the postal code", region="AB",
         locality="Calgary"),
    line("1600 Main St Apt 4, Springfield, IL 62701", None, "an American address in a Canadian feed",
         fails="nothing on the line says the country; the state of a line is looked for in the country of the feed"),
    Case("1600 Main St Apt 4, Springfield, IL 62701-1234", "US", {"dwelling": "1600|main st|4||62701", "region": "IL"},
         "valid", "the ordinary American line"),
    Case("12-34 56th St, Queens NY 11377", "US", {"dwelling": "12-34|56th st|||11377"}, "valid",
         "a hyphen in Queens is part of the house number"),
    Case({"street": "12 Oak Ave", "region": "calif.", "postcode": "981011234"}, "US",
         {"region": "CA", "postcode": "98101-1234"}, "valid", "a state in short, a ZIP+4 without its hyphen"),
    Case({"street": "12 Oak Ave", "postcode": "1234"}, "US", {"postcode": "1234"}, "suspicious",
         "a ZIP of four digits lost its zero, or is none; it is not made up"),
    Case({"number": "123", "street": "Main St", "unit": "Apt 4"}, "CA", {"dwelling": "123|main st|4||"}, "valid",
         "parts in their columns"),
    Case({"number": "4-123", "street": "Main St"}, "CA", {"dwelling": "123|main st|4||"}, "valid",
         "unit and number in the column of the number"),
    Case({"number": "123", "street": "123 Main St"}, "CA", {"dwelling": "123|main st|||"}, "valid",
         "the number in both columns"),
    Case({"street": "N/A", "locality": "Calgary"}, "CA", {"dwelling": None, "street": None}, "unreadable",
         "a placeholder for a street"),
    Case({"street": "No Fixed Address"}, "CA", {"dwelling": None}, "unreadable", "somebody without a home"),
    Case({"street": "12 rue de lâ€™Ã‰glise"}, "CA", {"street": "rue de l'Église"}, "repaired",
         "UTF-8 that was once read as Windows text"),
    # -- postal codes -------------------------------------------------------------------------------------------------
    postcode("T2P 1J9", "T2P 1J9", "the form of Canada Post"),
    postcode("t2p1j9", "T2P 1J9", "small letters, the blank is missing"),
    postcode("T2P-1J9", "T2P 1J9", "a hyphen for the blank"),
    postcode(" T2P  1J9 ", "T2P 1J9", "blanks of a form"),
    postcode("M5V 1AO", "M5V 1A0", "O where only a digit can be is a zero", "repaired"),
    postcode("MSV 1A1", "MSV 1A1", "S for 5 is likely, not certain: kept", "suspicious"),
    postcode("H2X IY4", "H2X 1Y4", "I where only a digit can be is a one", "repaired"),
    postcode("h2x ly4", "H2X 1Y4", "a small L where only a digit can be is a one", "repaired"),
    postcode("KIA OB1", "K1A 0B1", "two slips in one code", "repaired"),
    postcode("T2P 1O9", "T2P 1O9", "O never stands where a letter is wanted, and zero neither", "suspicious"),
    postcode("D2P 1J9", "D2P 1J9", "no code begins with D", "suspicious"),
    postcode("W2P 1J9", "W2P 1J9", "no code begins with W", "suspicious"),
    postcode("T2P 1Q9", "T2P 1Q9", "Q never occurs", "suspicious"),
    postcode("T2P 1J", "T2P 1J", "the last character is missing", "suspicious"),
    postcode("T2P", "T2P", "only the district", "suspicious"),
    postcode("90210", "90210", "an American code in a Canadian address", "suspicious"),
    postcode("T2P 1J9 CANADA", "T2P 1J9", "the country behind the code", "repaired"),
    postcode("00000", None, "zeros say nothing", "unreadable"),
    postcode("H0H 0H0", None, "the code of Santa Claus", "unreadable"),
    postcode("A1A 1A1", "A1A 1A1", "a real code in St. John's, however often it is made up"),
    postcode("XXX XXX", None, "keys held down", "unreadable"),
    postcode("T2P 1J9", "T2P 1J9", "T is Alberta: both agree", region="AB"),
    postcode("T2P 1J9", "T2P 1J9", "T is Alberta, not Ontario: one of the two is wrong", "suspicious", region="ON"),
    postcode("H2X 1Y4", "H2X 1Y4", "H is Québec, by any name", region="Québec"),
    postcode("M5V 1A1", "M5V 1A1", "M is Toronto, not Québec", "suspicious", region="PQ"),
    postcode("X0A 0H0", "X0A 0H0", "X0A to X0C are Nunavut", region="NU"),
    postcode("X1A 2N4", "X1A 2N4", "X1A is Yellowknife, not Nunavut", "suspicious", region="NU"),
    postcode("K1A 0B1", "K1A 0B1", "K1A serves the government on both sides of the river", region="QC"),
    postcode("H0M 1A0", "H0M 1A0", "H0M is Akwesasne, in Québec and in Ontario", region="ON"),
    postcode("E1C 4Z1", "E1C 4Z1", "a province that nobody knows is no disagreement", region="Acadia"),
)  # fmt: skip
