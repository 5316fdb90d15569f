"""Names of people in Latin letters, as customer files of North America hold them.

given: the full name, or the parts that the feed has. expected: every part that is shown.
"""

from __future__ import annotations

from typing import Any

from mdm.cleanse.names import cleanse_name
from tests.cleanse.cases import Case, marked


def read(case: Case) -> tuple[Any, str]:
    """The shown parts of a name."""
    parts = {"full": case.given} if isinstance(case.given, str) else case.given
    found = cleanse_name(**parts, region=case.region)
    shown = {name: text for name, text in found.shown._asdict().items() if text is not None}
    return marked(shown, found.issues)


def name(given: Any, expected: dict[str, str], why: str, mark: str = "valid", fails: str = "") -> Case:
    """A name in a Canadian feed."""
    return Case(given, "CA", expected, mark, why, fails)


JOHN = {"given": "John", "family": "Smith"}
CASES = (
    # -- order and letter case ------------------------------------------------------------------------------------
    name("JOHN SMITH", JOHN, "files in capitals are shown as people write"),
    name("john smith", JOHN, "small letters are shown as people write"),
    name("John Smith", JOHN, "what is written well stays"),
    name("SMITH, JOHN", JOHN, "a comma says that the family name comes first"),
    name("SMITH,JOHN", JOHN, "a comma needs no blank after it"),
    name("SMITH , JOHN ,", JOHN, "stray commas say nothing more"),
    name("  JOHN   SMITH ", JOHN, "blanks of fixed-width files are no part of a name"),
    name("John\tSmith", JOHN, "a tab is a blank"),
    name("JOHN\u00a0SMITH", JOHN, "a no-break space from a web form is a blank"),
    name("Ｊｏｈｎ Ｓｍｉｔｈ", JOHN, "full-width letters of Asian keyboards are letters"),
    name("JOHN A SMITH", JOHN | {"middle": "A"}, "a lone letter in the middle is an initial"),
    name("John A. B. Smith", JOHN | {"middle": "A. B."}, "two initials are both kept"),
    name("SMITH, JOHN ADAM", JOHN | {"middle": "Adam"}, "behind the comma: given name, then middle names"),
    name("JOHN E SMITH", JOHN | {"middle": "E"}, "a lone E is an initial, not the Portuguese and"),
    name("J. Smith", {"given": "J.", "family": "Smith"}, "an initial is all that the source knows"),
    name("J.R. Smith", {"given": "J.R.", "family": "Smith"}, "initials that run together stay together"),
    name("McDONALD, Ian", {"given": "Ian", "family": "McDONALD"}, "mixed case was somebody's choice and stays"),
    name("Anne-Marie Roy", {"given": "Anne-Marie", "family": "Roy"}, "a hyphen joins a given name"),
    name("JEAN-FRANÇOIS ROY", {"given": "Jean-François", "family": "Roy"}, "both halves get a capital"),
    name("MARY SMITH-JONES", {"given": "Mary", "family": "Smith-Jones"}, "a double name is one family name"),
    name("Mary Smith - Jones", {"given": "Mary", "family": "Smith-Jones"}, "blanks around its hyphen are a slip",
         "repaired"),
    name("Mary Jo Smith", {"given": "Mary", "middle": "Jo", "family": "Smith"}, "a second given name is a middle name"),
    name("José García López", {"given": "José", "middle": "García", "family": "López"},
         "without comma or particle nobody can tell a first surname from a middle name"),
    name("SUKHDEEP KAUR GILL", {"given": "Sukhdeep", "middle": "Kaur", "family": "Gill"},
         "Kaur and Singh stand in the middle as often as at the end"),
    name({"given": "JEAN", "family": "TREMBLAY"}, {"given": "Jean", "family": "Tremblay"}, "parts come as parts"),
    name({"given": "JOHN A", "family": "SMITH"}, {"given": "John A", "family": "Smith"},
         "an initial in the column of the given name stays there"),
    name({"given": "Mary Ann", "family": "Smith"}, {"given": "Mary Ann", "family": "Smith"},
         "two given names in one column are not torn apart"),
    name({"full": "X Y", "given": "John", "family": "Smith"}, JOHN, "parts win over a line beside them"),
    # -- accents and letters --------------------------------------------------------------------------------------
    name("RENÉE GAGNÉ", {"given": "Renée", "family": "Gagné"}, "accents stay in the name that people see"),
    name("Rene\u0301e Gagne\u0301", {"given": "Renée", "family": "Gagné"}, "accents written apart by a Mac are joined"),
    name("RenÃ©e GagnÃ©", {"given": "Renée", "family": "Gagné"}, "UTF-8 that was once read as Windows text",
         "repaired"),
    name("FranÃ§ois CÃ´tÃ©", {"given": "François", "family": "Côté"}, "the same with other letters", "repaired"),
    name("Ren\ufffde Gagn\ufffd", {"given": "Ren\ufffde", "family": "Gagn\ufffd"},
         "lost letters are shown as lost, not invented", "suspicious"),
    name("Ren?e Gagn?", {"given": "Ren?e", "family": "Gagn?"}, "question marks where letters were lost", "suspicious"),
    name("BJÖRK GUÐMUNDSDÓTTIR", {"given": "Björk", "family": "Guðmundsdóttir"}, "letters of the North"),
    name("Łukasz Żak", {"given": "Łukasz", "family": "Żak"}, "letters of Poland"),
    name("Иван Петров", {"given": "Иван", "family": "Петров"}, "a name in Cyrillic is a name"),
    name("김민수", {"family": "김민수"}, "a Korean name in one piece is not cut by guess", "suspicious"),
    # -- Mc, Mac, O', D', St, particles -----------------------------------------------------------------------------
    name("IAN MCDONALD", {"given": "Ian", "family": "McDonald"}, "Mc is followed by a capital"),
    name("IAN MACDONALD", {"given": "Ian", "family": "MacDonald"}, "MacDonald is on the list of Mac names"),
    name("IAN MACKENZIE", {"given": "Ian", "family": "Mackenzie"}, "Mackenzie is written both ways: left alone"),
    name("RAQUEL MACHADO", {"given": "Raquel", "family": "Machado"}, "Machado is no Scot"),
    name("JOE MACK", {"given": "Joe", "family": "Mack"}, "Mack is a whole name"),
    name("PAT O'BRIEN", {"given": "Pat", "family": "O'Brien"}, "O' is followed by a capital"),
    name("PAT O’BRIEN", {"given": "Pat", "family": "O'Brien"}, "the apostrophe of word processors is an apostrophe"),
    name("PAT O`BRIEN", {"given": "Pat", "family": "O'Brien"}, "so is a grave accent that stands alone"),
    name("Pat O' Brien", {"given": "Pat", "family": "O'Brien"}, "a blank after O' is a slip", "repaired"),
    name("LISE D'AMOURS", {"given": "Lise", "family": "D'Amours"}, "D' is followed by a capital"),
    name("GUY L'HEUREUX", {"given": "Guy", "family": "L'Heureux"}, "L' is followed by a capital"),
    name("JEAN ST-PIERRE", {"given": "Jean", "family": "St-Pierre"}, "St with a hyphen belongs to the name"),
    name("MARC ST. JAMES", {"given": "Marc", "family": "St. James"}, "St with a dot begins the family name"),
    name("ANNE STE-MARIE", {"given": "Anne", "family": "Ste-Marie"}, "Ste is the same for women saints"),
    name("JAN VAN DER BERG", {"given": "Jan", "family": "van der Berg"}, "van der belongs to the family name"),
    name("LUDWIG VON TRAPP", {"given": "Ludwig", "family": "von Trapp"}, "so does von"),
    name("JUAN DE LA CRUZ", {"given": "Juan", "family": "de la Cruz"}, "so does de la, in small letters"),
    name("Mohammed bin Salman Al Saud", {"given": "Mohammed", "middle": "bin Salman", "family": "Al Saud"},
         "Al belongs to the family name, bin Salman is the father"),
    name("Marie Le Blanc", {"given": "Marie", "family": "Le Blanc"}, "Le begins a family name"),
    name("MCCORMICK-O'NEIL, TARA", {"given": "Tara", "family": "McCormick-O'Neil"}, "each half has its own rule"),
    # -- titles and suffixes ----------------------------------------------------------------------------------------
    name("Mr. John Smith", JOHN | {"prefix": "Mr."}, "a title has a place of its own"),
    name("DR JOHN SMITH", JOHN | {"prefix": "Dr"}, "so has Dr without a dot"),
    name("Mme Marie Tremblay", {"prefix": "Mme", "given": "Marie", "family": "Tremblay"}, "French titles too"),
    name("SMITH, MR JOHN", JOHN | {"prefix": "Mr"}, "a title behind the comma"),
    name("John Smith Mr.", JOHN | {"prefix": "Mr."}, "a title at the end is a title"),
    name("MR SMITH", {"prefix": "Mr", "family": "Smith"}, "a title and one name: half of it is missing", "suspicious"),
    name({"given": "Mr John", "family": "Smith"}, JOHN | {"prefix": "Mr"}, "a title typed before the given name"),
    name({"given": "John", "family": "Mr Smith"}, JOHN | {"prefix": "Mr"}, "a title typed before the family name"),
    name("John Smith Jr.", JOHN | {"suffix": "Jr."}, "Jr. tells father and son apart"),
    name("JOHN SMITH JR", JOHN | {"suffix": "Jr"}, "in capitals as well"),
    name("John Smith, Jr", JOHN | {"suffix": "Jr"}, "a comma before Jr does not make Smith a given name"),
    name("SMITH JR, JOHN", JOHN | {"suffix": "Jr"}, "Jr behind the family name"),
    name("Smith, John, III", JOHN | {"suffix": "III"}, "a third comma part"),
    name("JOHN SMITH III", JOHN | {"suffix": "III"}, "Roman numbers stay in capitals"),
    name("John Smith 3rd", JOHN | {"suffix": "3rd"}, "3rd says the same as III"),
    name("John Smith, P.Eng.", JOHN | {"suffix": "P.Eng."}, "a degree is no family name"),
    name("Jane Roy, RN", {"given": "Jane", "family": "Roy", "suffix": "RN"}, "nurses sign with RN"),
    name("Dr. John Smith MD", JOHN | {"prefix": "Dr.", "suffix": "MD"}, "title and degree at once"),
    name({"given": "John Jr.", "family": "Smith"}, JOHN | {"suffix": "Jr."}, "Jr. in the column of the given name"),
    name({"given": "John", "family": "Smith III"}, JOHN | {"suffix": "III"}, "III in the column of the family name"),
    # -- maiden names, nicknames, notes -----------------------------------------------------------------------------
    name("Ann Lee née Roy", {"given": "Ann", "family": "Lee", "former": "Roy"}, "née: the name before marriage"),
    name("ANN LEE (NEE ROY)", {"given": "Ann", "family": "Lee", "former": "Roy"}, "in brackets and without accent"),
    name("Lee (née Roy), Ann", {"given": "Ann", "family": "Lee", "former": "Roy"}, "in brackets before the comma"),
    name({"given": "Ann", "family": "Lee née Roy"}, {"given": "Ann", "family": "Lee", "former": "Roy"},
         "typed into the family name"),
    name("Robert (Bob) Jones", {"given": "Robert", "family": "Jones"}, "a nickname in brackets is no middle name",
         "repaired"),
    name('Robert "Bob" Jones', {"given": "Robert", "family": "Jones"}, "a nickname in quotes", "repaired"),
    name("Robert 'Bob' Jones", {"given": "Robert", "family": "Jones"}, "a nickname in single quotes", "repaired"),
    name("JOHN SMITH (DECEASED)", JOHN, "a note in brackets is no part of the name", "repaired"),
    name("JOHN SMITH*", JOHN, "a mark that a clerk set is no part of the name", "repaired"),
    name("**JOHN SMITH**", JOHN, "marks on both sides", "repaired"),
    name("JOHN SMITH 2", JOHN, "a second account of the same person, told by a number", "repaired"),
    name("John Smith aka Jack Smith", JOHN, "the first name is the one that he goes by", "repaired"),
    name("JOHN SMITH C/O MARY JONES", JOHN, "the customer is he, not who takes his mail", "repaired"),
    name("ATTN: JOHN SMITH", JOHN, "words of an envelope are no title", "repaired"),
    name("JOHN SMITH - DO NOT CALL", JOHN, "a note typed behind the name", "repaired",
         "free notes have no end; only those in brackets are told from a name"),
    # -- several people, businesses, other things --------------------------------------------------------------------
    name("John & Mary Smith", {"given": "John & Mary", "family": "Smith"}, "a couple on one line", "suspicious"),
    name("JOHN AND MARY SMITH", {"given": "John and Mary", "family": "Smith"}, "a couple with and", "suspicious"),
    name("Smith, John & Mary", {"given": "John & Mary", "family": "Smith"}, "a couple behind a comma", "suspicious"),
    name("Jean et Marie Roy", {"given": "Jean et Marie", "family": "Roy"}, "a couple in French", "suspicious"),
    name("Mr. & Mrs. J. Smith", {"prefix": "Mr. & Mrs.", "given": "J.", "family": "Smith"}, "a couple by its titles",
         "suspicious"),
    name("John Smith & Mary Jones", {"family": "John Smith & Mary Jones"}, "two whole people are not made into one",
         "suspicious"),
    name("ABC PLUMBING LTD", {"family": "ABC PLUMBING LTD"}, "a company in a person's field stays whole", "suspicious"),
    name("Smith Holdings Inc.", {"family": "Smith Holdings Inc."}, "a family name before Inc. makes no person",
         "suspicious"),
    name("9123-4567 QUÉBEC INC", {"family": "9123-4567 QUÉBEC INC"}, "a numbered company in a person's field",
         "suspicious"),
    name("Les Entreprises Roy Ltée", {"family": "Les Entreprises Roy Ltée"}, "a French company", "suspicious"),
    name({"given": ".", "family": "ACME LTD"}, {"family": "ACME LTD"}, "a dot where the form wanted a given name",
         "unreadable"),
    name("ESTATE OF JOHN SMITH", {"family": "ESTATE OF JOHN SMITH"}, "an estate is not the person", "suspicious"),
    name("Succession Jean Roy", {"family": "Succession Jean Roy"}, "an estate in French", "suspicious"),
    name("TIM HORTONS #1234", {"family": "TIM HORTONS #1234"}, "a number: a shop, not a person", "suspicious"),
    name("J0HN SMITH", {"given": "J0hn", "family": "Smith"}, "a zero for an O is shown, not guessed at", "suspicious"),
    name("SMITH 403-262-1234", {"family": "SMITH 403-262-1234"}, "a phone number in the name", "suspicious"),
    name("ann@telus.net", {}, "an e-mail address is no name", "unreadable"),
    # -- nothing known --------------------------------------------------------------------------------------------
    name("SMITH", {"family": "Smith"}, "one name: half of it is missing", "suspicious"),
    name("FNU SINGH", {"family": "Singh"}, "first name unknown, as visas say it", "unreadable"),
    name("UNKNOWN SMITH", {"family": "Smith"}, "the word unknown is no given name", "unreadable"),
    name({"given": "NFN", "family": "Smith"}, {"family": "Smith"}, "no first name", "unreadable"),
    name({"given": "-", "family": "Smith"}, {"family": "Smith"}, "a hyphen where a form wanted one", "unreadable"),
    name("TEST CUSTOMER", {}, "customers of the test department", "unreadable"),
    name("John Doe", {}, "nobody's name in every example", "unreadable"),
    name("N/A", {}, "not available, said in short", "unreadable"),
    name("inconnu", {}, "unknown in French", "unreadable"),
    name("xxxx", {}, "keys held down", "unreadable"),
    name("12345", {}, "digits are no name", "unreadable"),
    name({"given": "Jennifer", "family": "Null"}, {"given": "Jennifer", "family": "Null"}, "Null is a family name"),
    name({"given": "null", "family": "null"}, {}, "null null is a database", "unreadable"),
    name("Christopher No", {"given": "Christopher", "family": "No"}, "No is a family name"),
)  # fmt: skip
