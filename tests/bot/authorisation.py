"""Who may do what, by hand: a row for every action there is, a column for each who could try it.

The tests collect the actions from the program itself and fail where one has no row here. Whoever is in no column may do none of
it: strangers, people of another school, whoever was removed, has left, or whose pass has ended.
"""

from typing import Any

from sqlalchemy import Engine, select

from corpus.tables import metadata
from corpus.tenancy import school_column

# At the desk of one's own school: `open` is looking at a page, all else the button of a form on it. `mailed` is the chair of
# governors who came by the link in a mail; `trust` an administrator of the trust.
AT_DESK = """
                                                              office  head  chair  mailed  trust
open        /                                                 yes     yes   yes    -       yes
open        /policies                                         yes     yes   yes    yes     yes
open        /policies/{slug}                                  yes     yes   yes    yes     yes
open        /policies/{slug}/versions/{number}                yes     yes   yes    yes     yes
open        /policies/{slug}/versions/{number}/yaml           yes     yes   yes    yes     yes
open        /policies/{slug}/versions/{number}/print          yes     yes   yes    yes     yes
roll-back   /policies/{slug}/versions/{number}                -       yes   -      -       yes

open        /bring-in                                         yes     yes   -      -       yes
bring-in    /bring-in                                         yes     yes   -      -       yes

open        /policies/{slug}/draft                            yes     yes   yes    yes     yes
about       /policies/{slug}/draft                            yes     yes   -      -       yes
bring-back  /policies/{slug}/draft                            yes     yes   -      -       yes
drop        /policies/{slug}/draft                            yes     yes   -      -       yes
unmake-heading  /policies/{slug}/draft                        yes     yes   -      -       yes
open        /policies/{slug}/draft/parts/{part}               yes     yes   -      -       yes
hang        /policies/{slug}/draft/parts/{part}               yes     yes   -      -       yes
introduce   /policies/{slug}/draft/parts/{part}               yes     yes   -      -       yes
join        /policies/{slug}/draft/parts/{part}               yes     yes   -      -       yes
label       /policies/{slug}/draft/parts/{part}               yes     yes   -      -       yes
make-heading  /policies/{slug}/draft/parts/{part}             yes     yes   -      -       yes
set-aside   /policies/{slug}/draft/parts/{part}               yes     yes   -      -       yes
split       /policies/{slug}/draft/parts/{part}               yes     yes   -      -       yes
split-list  /policies/{slug}/draft/parts/{part}               yes     yes   -      -       yes
stand-alone  /policies/{slug}/draft/parts/{part}              yes     yes   -      -       yes
words       /policies/{slug}/draft/parts/{part}               yes     yes   -      -       yes
confirm     /policies/{slug}/draft/parts/{part}               -       yes   -      -       yes
stance      /policies/{slug}/draft/parts/{part}               -       yes   -      -       yes

open        /policies/{slug}/draft/changes                    yes     yes   yes    yes     yes
match       /policies/{slug}/draft/changes                    yes     yes   -      -       yes
open        /policies/{slug}/draft/trial                      yes     yes   yes    yes     yes
seen        /policies/{slug}/draft/trial                      -       yes   -      -       yes
seen-all    /policies/{slug}/draft/trial                      -       yes   -      -       yes
open        /policies/{slug}/draft/publish                    -       yes   -      -       yes
ask         /policies/{slug}/draft/publish                    -       yes   -      -       yes
publish     /policies/{slug}/draft/publish                    -       yes   -      -       yes

open        /policies/{slug}/versions/{number}/clauses/{clause}  -    yes   -      -       yes
confirm     /policies/{slug}/versions/{number}/clauses/{clause}  -    yes   -      -       yes
stance      /policies/{slug}/versions/{number}/clauses/{clause}  -    yes   -      -       yes
open        /policies/{slug}/review                           -       yes   -      -       yes
confirm     /policies/{slug}/review                           -       yes   -      -       yes

open        /not-found                                        -       yes   -      -       yes
drop        /not-found                                        -       yes   -      -       yes
note        /not-found                                        -       yes   -      -       yes
outside     /not-found                                        -       yes   -      -       yes
open        /rulings                                          -       yes   yes    -       yes
withdraw    /rulings                                          -       yes   -      -       yes
open        /rulings/new                                      -       yes   -      -       yes
again       /rulings/new                                      -       yes   -      -       yes
preview     /rulings/new                                      -       yes   -      -       yes
rule        /rulings/new                                      -       yes   -      -       yes

open        /governors                                        -       yes   yes    -       yes
add         /governors                                        -       yes   -      -       yes
remove      /governors                                        -       yes   -      -       yes
open        /month                                            -       yes   yes    -       yes
open        /trail                                            -       yes   yes    -       yes
open        /approvals                                        -       yes   yes    yes     yes
approve     /approvals                                        -       -     yes    yes     -
refuse      /approvals                                        -       -     yes    yes     -
settings    /approvals                                        -       yes   -      -       yes
withdraw    /approvals                                        -       yes   -      -       yes

open        /policies/{slug}/announce                         -       yes   -      -       yes
announce    /policies/{slug}/announce                         -       yes   -      -       yes
open        /announcements                                    yes     yes   -      -       yes
open        /announcements/{number}                           yes     yes   -      -       yes
sign        /announcements/{number}                           yes     yes   -      -       yes
open        /announcements/{number}/csv                       yes     yes   -      -       yes

open        /contacts                                         yes     yes   yes    -       yes
confirm     /contacts                                         -       -     yes    -       -
open        /contacts/new                                     yes     yes   -      -       yes
save        /contacts/new                                     yes     yes   -      -       yes
open        /contacts/year                                    yes     yes   -      -       yes
save        /contacts/year                                    yes     yes   -      -       yes
open        /contacts/numbers                                 yes     yes   -      -       yes
save        /contacts/numbers                                 yes     yes   -      -       yes
open        /contacts/{contact}                               yes     yes   -      -       yes
first       /contacts/{contact}                               yes     yes   -      -       yes
remove      /contacts/{contact}                               yes     yes   -      -       yes
save        /contacts/{contact}                               yes     yes   -      -       yes

open        /people                                           yes     yes   yes    -       yes
take-back   /people                                           yes     yes   -      -       yes
open        /people/invite                                    yes     yes   yes    -       yes
invite      /people/invite                                    yes     yes   -      -       yes
open        /people/end                                       yes     yes   -      -       yes
end         /people/end                                       yes     yes   -      -       yes
open        /people/headteacher                               -       -     yes    -       yes
replace     /people/headteacher                               -       -     yes    -       yes
open        /people/sheet                                     yes     yes   -      -       yes

open        /test-questions                                   -       yes   -      -       yes
add         /test-questions                                   -       yes   -      -       yes
free        /test-questions                                   -       yes   -      -       yes
must        /test-questions                                   -       yes   -      -       yes
remove      /test-questions                                   -       yes   -      -       yes
"""

# Whom each may invite, whose invitation take back and whose access end at their school; the rows above are of a member of staff.
LETS_IN = """
                office  headteacher  chair  administrator  staff  dsl
staff           yes     yes          -      yes            -      -
office          -       yes          -      yes            -      -
headteacher     -       -            yes    yes            -      -
dsl             -       yes          -      yes            -      -
chair           -       -            -      yes            -      -
administrator   -       -            -      -              -      -
"""

# What each may write to the bot as a command. `unknown` is whoever is nobody's, was removed, or whose pass has ended: they are
# told of no school, and only a worry about a child is answered. To connect a workspace takes no role, but a provider's code,
# and to write from that workspace in Teams: it has tests of its own.
COMMANDS = """
            staff  office  headteacher  dsl  chair  administrator  unknown
help        yes    yes     yes          yes  yes    yes            -
worried     yes    yes     yes          yes  yes    yes            yes
contacts    yes    yes     yes          yes  yes    yes            -
policies    yes    yes     yes          yes  yes    yes            -
school      yes    yes     yes          yes  yes    yes            -
whoami      yes    yes     yes          yes  yes    yes            -
privacy     yes    yes     yes          yes  yes    yes            -
sent        yes    yes     yes          yes  yes    yes            -
watching    yes    yes     yes          yes  yes    yes            -
mydata      yes    yes     yes          yes  yes    yes            -
forget      yes    yes     yes          yes  yes    yes            -
leave       yes    yes     yes          yes  yes    yes            -
join        yes    yes     yes          yes  yes    yes            yes
inbox       yes    yes     yes          yes  yes    yes            -
duty        -      -       yes          yes  yes    -              -
invite      -      yes     yes          -    yes    yes            -
desk        -      yes     yes          -    yes    yes            -
connect     -      -       -            -    -      -              -
"""

# Who may press a button that somebody at hillside was shown: whoever was shown it, a colleague, somebody of another school, and
# whoever is nobody's. `own` is what is about whoever presses it, and reaches nothing of the one who was shown it.
BUTTONS = """
        shown  colleague  elsewhere  unknown
w       yes    own        own        own
e       yes    own        own        -
s       yes    yes        -          -
o       yes    yes        -          -
k       yes    yes        -          -
x       yes    own        -          -
v       yes    -          -          -
g       yes    -          -          -
c       yes    yes        -          -
l       yes    own        -          -
n       yes    own        own        -
a       yes    own        own        -
h       yes    own        own        -
d       yes    -          -          -
t       yes    -          -          -
y       yes    own        own        -
i:o     yes    -          -          -
i:t     yes    -          -          -
i:x     yes    -          -          -
i:e     yes    -          -          -
i:a     yes    -          -          -
i:s     yes    -          -          -
i:c     yes    -          -          -
i:q     yes    -          -          -
"""

# All other addresses, but those of platforms and of signing in with Microsoft, whose own tests try what is signed. `member` has a
# session on the chat page of the school whose things are asked for, `elsewhere` of another, `desk` a session at the desk alone;
# `signed` holds a link that the bot gave. What is `open` is the same for everybody: it tells of no school, or asks for something
# that only its owner has, such as a code.
ADDRESSES = """
                                              nobody  member  elsewhere  desk  signed
GET   /                                       open    open    open       open  open
GET   /chat                                   -       yes     yes        -     -
POST  /chat                                   -       yes     yes        -     -
POST  /chat/notices                           -       yes     yes        -     -
GET   /join                                   open    open    open       open  open
POST  /join                                   open    open    open       open  open
POST  /sign-out                               open    open    open       open  open
POST  /leave                                  open    open    open       open  open
GET   /policies/{school}/{slug}/{version}     -       yes     -          -     yes
GET   /verify                                 open    open    open       open  open
POST  /verify                                 open    open    open       open  open
GET   /static                                 open    open    open       open  open
GET   /desk                                   open    open    open       open  open
POST  /desk                                   -       -       -          -     -
GET   /desk/enter/{token}                     -       -       -          -     -
POST  /desk/enter/{token}                     -       -       -          -     -
POST  /desk/sign-out                          open    open    open       open  open
POST  /desk/new-link                          -       -       -          -     -
"""


def read(table: str) -> dict[str, dict[str, str]]:
    """Return the cells of a table, by row and column."""
    heading, *lines = [line for line in table.splitlines() if line.strip()]
    columns = heading.split()
    rows = {}
    for line in lines:
        words = line.split()
        name, cells = " ".join(words[: -len(columns)]), words[-len(columns) :]
        assert name not in rows, f"There are two rows for {name}."
        rows[name] = dict(zip(columns, cells, strict=True))
    return rows


def rows_of(engine: Engine, school: str) -> dict[str, list[Any]]:
    """Return all rows of a school, by table."""
    found = {}
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            column = school_column(table)
            column = table.c.get("school_id") if column is None else column
            if column is not None:
                rows = select(table).where(column == school).order_by(*table.primary_key)
                found[table.name] = [tuple(row) for row in connection.execute(rows)]
    return found
