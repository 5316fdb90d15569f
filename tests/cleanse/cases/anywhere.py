"""Values of countries whose rules we do not know in full: nothing is destroyed, nothing is guessed.

given: (kind of value, text or parts). region: country of the feed. expected: what is found, or the parts named.
"""

from __future__ import annotations

from typing import Any

from tests.cleanse.cases import Case
from tests.cleanse.kinds import read_kind


def read(case: Case) -> tuple[Any, str]:
    """Whatever the kind asks for."""
    kind, given = case.given
    return read_kind(kind, given, case.region, case.expected)


def home(
    region: str, given: Any, expected: dict[str, str | None], why: str, mark: str = "valid", fails: str = ""
) -> Case:
    """An address of another country."""
    return Case(("address", given), region, expected, mark, why, fails)


def value(kind: str, region: str, given: Any, expected: Any, why: str, mark: str = "valid") -> Case:
    """Another value of another country."""
    return Case((kind, given), region, expected, "unreadable" if expected is None else mark, why)


CASES = (
    # -- addresses ---------------------------------------------------------------------------------------------------
    home("GB", "221B Baker Street, London NW1 6XE", {"number": "221b", "street": "Baker Street", "locality": "London",
         "postcode": "NW1 6XE", "dwelling": "221b|baker st|||nw16xe"}, "a British line is read in full"),
    home("GB", {"street": "Flat 2, 12 High Street", "postcode": "sw1a1aa"}, {"dwelling": "12|high st|2||sw1a1aa"},
         "a flat in front"),
    home("GB", {"street": "Rose Cottage", "locality": "Little Snoring"}, {"street": "Rose Cottage", "dwelling": None},
         "a house with a name keeps it"),
    home("GB", {"street": "3/2 25 Dumbarton Road"}, {"dwelling": "25|dumbarton rd|3-2||"}, "floor and flat",
         fails="3/2 is read as unit 3 of number 2"),
    home("DE", "Lindenstraße 5, 10969 Berlin", {"text": "Lindenstraße 5, 10969 Berlin", "dwelling": None},
         "a German line is kept as it is; its town is not guessed at"),
    home("DE", {"street": "Lindenstraße 5", "postcode": "10969"}, {"number": "5", "street": "Lindenstraße",
         "dwelling": "5|lindenstrasse|||10969"}, "in Germany the house number stands behind"),
    home("DE", {"street": "Lindenstraße 12a", "postcode": "10969"}, {"number": "12a",
         "dwelling": "12a|lindenstrasse|||10969"}, "with its letter"),
    home("DE", {"street": "Lindenstraße", "number": "5", "postcode": "10969"},
         {"dwelling": "5|lindenstrasse|||10969"}, "two columns say the same as one"),
    home("DE", {"street": "Straße des 17. Juni 135"}, {"street": "Straße des 17. Juni 135", "dwelling": None},
         "a number inside the name of a street: kept whole"),
    home("DE", {"street": "Postfach 1234", "postcode": "80331"}, {"po_box": "1234"}, "a German post box"),
    home("FR", {"street": "12 rue de la Paix", "postcode": "75002"}, {"number": "12",
         "dwelling": "12|de la paix st|||75002"}, "in France the number stands in front"),
    home("FR", {"street": "12 bis rue de la Paix", "postcode": "75002"}, {"number": "12 bis",
         "dwelling": "12bis|de la paix st|||75002"}, "bis belongs to the number"),
    home("FR", {"street": "5 avenue Foch, appt 12", "postcode": "75116"}, {"dwelling": "5|foch ave|12||75116"},
         "an apartment in words"),
    home("FR", {"street": "C.P. 75008 Paris"}, {"street": "C.P. 75008 Paris", "po_box": None},
         "in France CP is the postcode, not a post box"),
    home("FR", {"street": "BP 123", "postcode": "75008"}, {"po_box": "123"}, "BP is the post box"),
    home("FR", {"street": "Bâtiment B, Résidence du Parc"}, {"street": "Bâtiment B, Résidence du Parc"},
         "a residence is kept as it is"),
    home("IN", {"street": "12/A MG Road", "postcode": "560001"}, {"street": "12/A MG Road", "dwelling": None},
         "an Indian number with a slash is not taken apart"),
    home("IN", {"street": "4/52 Gandhi Nagar"}, {"street": "4/52 Gandhi Nagar", "unit": None},
         "nor is one with two numbers"),
    home("IN", {"street": "#12, 3rd Cross, 2nd Main, Indiranagar"}, {"unit": None}, "in India a sign is no flat"),
    home("IN", {"street": "Flat No 302, Sai Residency, MG Road"}, {"unit": "302"}, "a flat in words is one"),
    home("IN", {"street": "Near Shiv Mandir, Opp. Bus Stand"}, {"street": "Near Shiv Mandir, Opp. Bus Stand",
         "dwelling": None}, "landmarks are kept"),
    home("BR", {"street": "Rua Augusta 1508", "postcode": "01304-001"}, {"number": "1508", "street": "Rua Augusta",
         "postcode": "01304-001"}, "in Brazil the number stands behind"),
    home("BR", {"street": "Rua Augusta, 1508 - Apto 101"}, {"street": "Rua Augusta, 1508 - Apto 101", "unit": None},
         "what follows the number is not guessed at"),
    home("BR", {"street": "Rua 7 de Setembro"}, {"street": "Rua 7 de Setembro", "number": None},
         "a date is the name of a street"),
    home("AE", {"street": "P.O. Box 2120", "locality": "Dubai"}, {"po_box": "2120", "locality": "Dubai"},
         "in the Emirates mail goes to boxes"),
    home("AE", {"street": "Flat 302, Al Zahra Building, Al Wasl Road"}, {"unit": "302"}, "a flat in words"),
    home("AE", {"street": "Villa 12, Street 4b, Jumeirah 3"}, {"unit": "12", "dwelling": None}, "a villa in words"),
    home("XX", {"street": "12 Anywhere 5"}, {"street": "12 Anywhere 5", "number": None, "unit": None},
         "of a country that nobody knows nothing is read"),
    home("CN", {"street": "12 King St W", "country": "Canada", "postcode": "m5v1a1"}, {"postcode": "M5V 1A1",
         "country": "CA", "dwelling": "12|king st w|||m5v1a1"}, "a Canadian address in a Chinese feed"),
    home("CA", {"street": "12 High Street", "country": "United Kingdom", "postcode": "sw1a 1aa"},
         {"postcode": "SW1A 1AA", "country": "GB"}, "a British address in a Canadian feed"),
    # -- phones ------------------------------------------------------------------------------------------------------
    value("phone", "GB", "020 7946 0018", "+442079460018", "a British number with its trunk prefix"),
    value("phone", "GB", "07911 123456", "+447911123456", "a British mobile"),
    value("phone", "DE", "030 901820", "+4930901820", "a number of Berlin"),
    value("phone", "DE", "0171 2345678", "+491712345678", "a German mobile"),
    value("phone", "FR", "01 42 68 53 00", "+33142685300", "a number of Paris"),
    value("phone", "FR", "06 12 34 56 78", "+33612345678", "a French mobile"),
    value("phone", "IN", "098765 43210", "+919876543210", "an Indian mobile with a 0"),
    value("phone", "BR", "(11) 98765-4321", "+5511987654321", "a mobile of São Paulo"),
    value("phone", "AE", "050 123 4567", "+971501234567", "a mobile of the Emirates"),
    value("phone", "AE", "+1 403 262 1234", "+14032621234", "a Canadian number in Dubai"),
    value("phone", "DE", "901820", None, "a local number that nobody can place"),
    # -- names -------------------------------------------------------------------------------------------------------
    value("name", "DE", "Dr. Jürgen von der Heide", {"prefix": "Dr.", "given": "Jürgen", "family": "von der Heide"},
          "a German name with its particles"),
    value("name", "DE", "HANS MÜLLER-LÜDENSCHEIDT", {"given": "Hans", "family": "Müller-Lüdenscheidt"},
          "umlauts and a double name"),
    value("name", "DE", "Anna Schmidt geb. Weiß", {"given": "Anna", "family": "Schmidt", "former": "Weiß"},
          "geb. is née in German"),
    value("name", "FR", "M. et Mme Jean DUPONT", {"prefix": "M. et Mme", "given": "Jean", "family": "Dupont"},
          "a couple in French: M. beside Mme is no initial", "suspicious"),
    value("name", "FR", "DUPONT, Jean-Luc", {"given": "Jean-Luc", "family": "Dupont"}, "the comma means the same"),
    value("name", "IN", "R. Venkataraman", {"given": "R.", "family": "Venkataraman"}, "an initial for the father"),
    value("name", "BR", "João da Silva", {"given": "João", "family": "da Silva"}, "da belongs to the family name"),
    value("name", "AE", "Mohammed bin Rashid", {"given": "Mohammed", "family": "bin Rashid"},
          "bin belongs to what follows"),
    value("name", "AE", "محمد علي", {"given": "محمد", "family": "علي"}, "a name in Arabic stays in Arabic"),
    # -- identifiers and dates ---------------------------------------------------------------------------------------
    value("national_id", "GB", "QQ 12 34 56 C", ("GB", "QQ123456C"), "its rules are not known here"),
    value("national_id", "IN", "1234 5678 9123", ("IN", "123456789123"), "an Aadhaar number as it is"),
    value("national_id", "BR", "529.982.247-25", ("BR", "52998224725"), "a CPF without its dots"),
    value("passport", "DE", "C01X00T47", ("DE", "C01X00T47"), "a German passport"),
    value("national_id", "FR", "N/A", None, "not available anywhere"),
    value("date", "DE", "03.02.1980", "1980-02-03", "the day comes first"),
    value("date", "FR", "3 févr. 1980", "1980-02-03", "a French month in short"),
    value("date", "BR", "03/02/1980", "1980-02-03", "the day comes first in Brazil"),
    value("date", "DE", "3. März 1980", None, "German months are not read, so nothing is guessed"),
)  # fmt: skip
