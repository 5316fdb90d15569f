"""One family to look up: three people whose about a hundred messy records are one household of three customers.

They are the same in every world, whatever its size and seed: 欧阳国栋, his wife 司徒婉仪 and their son 欧阳嘉诚, who moved
together on 2 May 2012. data/samples/README.md says what to look for.
"""

# ruff: noqa: E501 - tables of records, one record a line

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle

from benchmarks.operator.feeds.delivery import Delivery

Row = dict[str, str | None]
Truth = tuple[str, str, str, str | None, str]
MOVED = "2012-05-02"
HOUSEHOLD = "H-OUYANG"


@dataclass(frozen=True)
class Person:
    """A member of the family and the ways in which clerks wrote the name down."""

    label: str
    family: str
    given: str
    pinyin: tuple[str, str]  # given, family
    birth: str
    card: str
    mobile: str
    mobile_since: str
    email: str
    heard: tuple[str, ...]  # as the call centre typed it

    @property
    def name(self) -> str:
        """Full name in hanzi."""
        return self.family + self.given


FATHER = Person(
    "P-OUYANG-GUODONG", "欧阳", "国栋", ("Guodong", "Ouyang"), "1962-03-08", "620102196203081535", "13909310588", "2010-06-01",
    "guodong.ouyang@mail.example",
    ("欧阳国栋", "欧阳国东", "歐陽國棟", "Ouyang Guodong", "guodong ouyang", "Guodong Ouyang", "欧阳国栋", "Ouyang Guo Dong"),
)  # fmt: skip
MOTHER = Person(
    "P-SITU-WANYI", "司徒", "婉仪", ("Wanyi", "Situ"), "1964-11-23", "620102196411232027", "13893120188", "2006-03-15",
    "wanyi.situ@post.example",
    ("司徒婉仪", "司徒婉怡", "司徒婉儀", "Situ Wanyi", "Wanyi Situ", "司徒婉仪", "wanyi situ"),
)  # fmt: skip
SON = Person(
    "P-OUYANG-JIACHENG", "欧阳", "嘉诚", ("Jiacheng", "Ouyang"), "1992-07-15", "620102199207151514", "18693110715", "2011-09-01",
    "jiacheng.ouyang@northmail.example",
    ("欧阳嘉诚", "欧阳佳诚", "歐陽嘉誠", "Ouyang Jiacheng", "Jiacheng Ouyang", "欧阳嘉成", "JIACHENG OUYANG"),
)  # fmt: skip
FAMILY = (FATHER, MOTHER, SON)

FORMER_MOBILE = ("13519310588", "2001-02-10", "2010-05-20")  # the father's; number, from, to
LANDLINES = ("4917788", "2337766")  # in the former and in the present home, Lanzhou 0931
HOMES = (
    ("甘肃省兰州市城关区天水北路88号铁路新村5号楼2单元301室", "城关区天水北路88号5-2-301", "兰州市城关区天水北路88号铁路新村5栋2单元301"),
    ("甘肃省兰州市七里河区西津西路196号金色家园3号楼1单元1802室", "七里河区西津西路196号3-1-1802", "兰州七里河区西津西路196号金色家园3栋1单元1802"),
)  # fmt: skip
COMPANY = ("兰州栋梁建筑设计有限公司", "91620102MA7654321X", "0931-2118866", "甘肃省兰州市城关区庆阳路77号9层")


def add_showcase(source: str, delivery: Delivery) -> None:
    """Append the family's rows to a delivery, and what is true about them."""
    build = {
        "mobile_billing": _mobile, "fixed_line": _fixed, "broadband": _broadband, "tv": _tv, "call_centre": _calls,
        "key_accounts": _key_accounts,
    }.get(source)  # fmt: skip
    if build is not None:
        rows, truth = build()
        delivery.add(rows, truth)


def _fact(source: str, key: str, person: Person, as_of: str) -> Truth:
    return source, key, person.label, HOUSEHOLD, as_of


def _compact(date: str) -> str:
    return date.replace("-", "")


def fifteen(card: str) -> str:
    """The identity number as it was before 1999."""
    return card[:6] + card[8:17]


def _mobile() -> tuple[list[Row], list[Truth]]:
    number, since, until = FORMER_MOBILE
    new, old = HOMES[1], HOMES[0]
    contracts = (
        # person, name, certificate, birth, number, landline, address, email, plan, opened, closed, last change
        (FATHER, "欧阳国栋", fifteen(FATHER.card), "19620308", number, "0931-4917788", old[0], "", "4G39", since, until, until),
        (FATHER, "欧阳国栋", FATHER.card, "19620308", FATHER.mobile, "0931-2337766", new[0], "", "5G129", FATHER.mobile_since, "", "2021-08-12"),
        (FATHER, "歐陽國棟", FATHER.card, "00000000", FATHER.mobile, "", new[2], FATHER.email, "SIM8", "2017-01-05", "", "2019-02-20"),
        (FATHER, "OUYANG GUODONG", "", "19620308", FATHER.mobile, "(0931)2337766", new[1], "", "FAM199", "2020-11-11", "", "2023-11-30"),
        (MOTHER, "司徒婉仪", fifteen(MOTHER.card), "19641123", MOTHER.mobile, "4917788", old[2], "", "4G39", MOTHER.mobile_since, "", "2008-10-01"),
        (MOTHER, "司徒婉仪", MOTHER.card, "19641123", MOTHER.mobile, "+86-931-2337766", new[0], MOTHER.email, "5G99", "2019-12-01", "", "2024-05-06"),
        (MOTHER, "司徒婉儀", MOTHER.card, "19000101", MOTHER.mobile, "", "", "", "SIM8", "2018-03-03", "", "2018-03-03"),
        (SON, "欧阳嘉诚", SON.card, "19920715", SON.mobile, "", old[0], "", "4G59", SON.mobile_since, "", "2011-12-24"),
        (SON, "欧阳嘉诚", SON.card.lower(), "19920715", SON.mobile, "", new[2], SON.email, "5G129", "2020-02-02", "", "2025-09-19"),
        (SON, "OUYANG JIACHENG", "111111111111111111", "19920715", SON.mobile, "0931 2337766", new[0], SON.email, "SIM8", "2022-06-18", "", "2022-06-18"),
    )  # fmt: skip
    rows: list[Row] = []
    truth = []
    for i, (person, name, card, birth, mobile, tel, home, email, plan, opened, closed, touched) in enumerate(
        contracts, 1
    ):
        key = f"M9000{i:03}"
        rows.append(
            {"CUST_ID": key, "CUST_TYPE": "1", "CUST_NAME": name, "SEX": "2" if person is MOTHER else "1", "BIRTH": birth,
             "CERT_NO": card, "NAT": "CHN", "MOBILE": mobile, "HOME_TEL": tel, "EMAIL": email, "ADDR": home, "ADDR_TYPE": "1",
             "ADDR_FROM": "20120502" if touched >= MOVED else "", "ACCT_NO": f"A0900{100 + i}", "PLAN": plan,
             "STAT": "9" if closed else "1", "OPEN_DT": _compact(opened), "CLOSE_DT": _compact(closed), "SMS_OK": "Y",
             "LAST_MOD": _compact(touched)}
        )  # fmt: skip
        truth.append(_fact("mobile_billing", key, person, touched))
    return rows, truth


def _fixed() -> tuple[list[Row], list[Truth]]:
    lines = (
        (
            FATHER,
            "欧阳国栋",
            fifteen(FATHER.card),
            LANDLINES[0],
            FORMER_MOBILE[0],
            HOMES[0][1],
            "PSTN",
            "19990401",
            "20120430",
            "20031120",
        ),
        (
            MOTHER,
            "司徒婉仪",
            fifteen(MOTHER.card),
            LANDLINES[0],
            MOTHER.mobile,
            HOMES[0][2],
            "ISDN",
            "20040610",
            "20120430",
            "20090115",
        ),
        (FATHER, "欧阳国东", FATHER.card, LANDLINES[1], FATHER.mobile, HOMES[1][1], "PSTN", "20120505", "", "20120505"),
        (FATHER, "欧阳国栋", "", LANDLINES[1], FATHER.mobile, HOMES[1][2], "ISDN", "20140101", "00000000", "20160707"),
        (MOTHER, "司徒婉仪", MOTHER.card, LANDLINES[1], "", HOMES[1][1], "PHS ", "20120601", "", "20130913"),
        (SON, "欧阳嘉诚", SON.card, LANDLINES[1], SON.mobile, HOMES[1][1], "PSTN", "20180101", "", "20190404"),
    )
    rows: list[Row] = []
    truth = []
    for i, (person, name, card, tel, contact, home, product, opened, stopped, touched) in enumerate(lines, 1):
        key = f"69000{i:04}"
        rows.append(
            {"SUBS_NO": key, "CUST_NAME": name, "ID_NO": card, "TEL": tel, "CONTACT": contact, "ADDR": home, "ADDR_TYPE": "D",
             "ACCT": f"L0900{i:05}", "PROD": product, "STATUS": "C" if stopped > "1" else "A", "OPEN_DT": opened,
             "STOP_DT": stopped, "UPD_DT": touched}
        )  # fmt: skip
        truth.append(_fact("fixed_line", key, person, f"{touched[:4]}-{touched[4:6]}-{touched[6:]}"))
    return rows, truth


def _broadband() -> tuple[list[Row], list[Truth]]:
    accounts = (
        # payer, first, last, user, first, last, day; one name order swapped, some pinyin
        (FATHER, "国栋", "欧阳", SON, "嘉诚", "欧阳", "2011-03-03"),
        (FATHER, "国栋", "欧阳", MOTHER, "婉仪", "司徒", "2012-05-20"),
        (MOTHER, "婉仪", "司徒", SON, "嘉诚", "欧阳", "2014-09-01"),
        (FATHER, "Guodong", "Ouyang", MOTHER, "Wanyi", "Situ", "2016-02-14"),
        (SON, "嘉诚", "欧阳", FATHER, "国栋", "欧阳", "2018-08-08"),
        (MOTHER, "司徒", "婉仪", None, "", "", "2020-10-10"),
        (SON, "Jiacheng", "Ouyang", MOTHER, "婉仪", "司徒", "2023-01-31"),
        (FATHER, "国栋", "欧阳", SON, "Jiacheng", "Ouyang", "2025-12-12"),
    )
    rows: list[Row] = []
    truth = []
    for i, (payer, first, last, user, user_first, user_last, day) in enumerate(accounts, 1):
        key = f"BB9100000{i}"
        row: Row = {
            "account_no": key, "product": "FTTH-300", "status": "T" if day < MOVED else "A", "start_date": day,
            "end_date": "2012-05-01" if day < MOVED else "", "country": "CN", "payer_first": first, "payer_last": last,
            "payer_id_card": payer.card if i % 2 else "", "payer_dob": payer.birth if i % 3 else "0000-00-00",
            "payer_phone": payer.mobile, "payer_email": payer.email if i % 2 == 0 else "", "updated_at": day, "address_type": "RES",
            **_parts(day),
        }  # fmt: skip
        truth.append(_fact("broadband", key, payer, day))
        if user is not None:
            row |= {"user_first": user_first, "user_last": user_last, "user_dob": user.birth, "user_phone": user.mobile}
            truth.append(_fact("broadband", f"{key}#user", user, day))
        rows.append(row)
    return rows, truth


def _parts(day: str) -> Row:
    common: Row = {"city": "兰州市", "province": "甘肃省"}
    if day < MOVED:
        return common | {"civic_no": "88号", "street": "天水北路", "estate": "铁路新村", "building": "5号楼2单元", "unit": "301室",
                         "district": "城关区", "postal_code": "730000"}  # fmt: skip
    return common | {"civic_no": "196号", "street": "西津西路", "estate": "金色家园", "building": "3号楼1单元", "unit": "1802室",
                     "district": "七里河区", "postal_code": "730050", "address_from": MOVED}  # fmt: skip


def _tv() -> tuple[list[Row], list[Truth]]:
    boxes = (
        (FATHER, "欧阳, 国栋", "H", "2013-01-15", ("139-0931-0588", "0931-2337766"), HOMES[1][0]),
        (MOTHER, "司徒, 婉仪", "S", "2015-06-06", ("13893120188",), HOMES[1][2]),
        (SON, "Ouyang, Jiacheng", "C", "2017-11-11", ("+86 186 9311 0715", "(0931)2337766"), HOMES[1][0]),
        (FATHER, "Ouyang, Guodong", "H", "2019-04-01", ("+8613909310588",), HOMES[1][1]),
        (MOTHER, "司徒, 婉怡", "S", "2021-07-20", ("0931-2337766", "13893120188"), HOMES[1][2]),
        (SON, "欧阳, 嘉诚", "C", "2024-10-01", ("18693110715",), HOMES[1][0]),
    )
    rows: list[Row] = []
    truth = []
    for i, (person, name, role, day, phones, line) in enumerate(boxes, 1):
        key = f"TV910000{i}"
        rows.append(
            {"id": key, "name": name, "born": person.birth if i % 2 else None, "language": "zh", "line": line, "kind": "home",
             "email": person.email if i % 3 else None, "phone1": phones[0], "phone2": phones[1] if len(phones) > 1 else None,
             "country": "CN", "since": MOVED, "role": role, "account": f"TVA9100000{i}", "package": "IPTV4K",
             "status": "active", "from": day, "marketing": "true", "updated": f"{day}T09:30:00Z"}
        )  # fmt: skip
        truth.append(_fact("tv", key, person, day))
    return rows, truth


def _key_accounts() -> tuple[list[Row], list[Truth]]:
    name, code, phone, address = COMPANY
    row: Row = {
        "账号 Account": "KA900001", "公司名称 Company": name, "类型 Type": "总部 Head office", "统一社会信用代码": code,
        "电话 Phone": phone, "地址 Address": address, "国家 Country": "中国", "联系人 Contact": FATHER.name,
        "手机 Mobile": "139-0931-0588", "邮箱 E-mail": FATHER.email, "产品 Product": "SIP trunk", "开通 Since": "2015-05-05",
        "更新 Updated": "2024-12-02",
    }  # fmt: skip
    company: Truth = ("key_accounts", "KA900001", "O-DONGLIANG", None, "2024-12-02")
    return [row], [company, _fact("key_accounts", "KA900001#contact", FATHER, "2024-12-02")]


def _calls() -> tuple[list[Row], list[Truth]]:
    """Sixty contacts in two years: each of the three in turn, names as heard, own mobile or the family's landline."""
    heard = {person.label: cycle(person.heard) for person in FAMILY}
    rows: list[Row] = []
    truth = []
    for i in range(60):
        person = FAMILY[i % 3]
        year, month = 2024 + (i * 2 // 5 + 3) // 12, (i * 2 // 5 + 3) % 12 + 1
        day, turn = f"{year}-{month:02}-{1 + i * 7 % 27:02}", i // 3
        phones = (person.mobile, f"+86{person.mobile}", person.mobile, "0931-2337766", f"86 {person.mobile}")
        landline = turn % 5 == 3
        key = f"C900000{i:02}"
        rows.append(
            {"contact_id": key, "op": "U", "called_at": f"{day}T10:{i:02}:00", "caller": next(heard[person.label]),
             "phone": phones[turn % 5], "email": person.email if turn % 4 == 1 else None,
             "birth_day": _compact(person.birth) if landline or turn % 3 == 0 else None,
             "account_no": f"A0900{100 + {0: 2, 1: 6, 2: 9}[i % 3]}" if turn % 2 else None, "city": "兰州市", "country": "CN",
             "language": "zh"}
        )  # fmt: skip
        truth.append(_fact("call_centre", key, person, day))
    return rows, truth
