"""The closed lists of German and English words that segmentation and language detection know. Data only."""

from __future__ import annotations


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


NEVER_LAST = _words(
    """
    bzw ca vgl evtl ggf inkl exkl zzgl bspw sog gest insb einschl vorm nachm jhd verf hrsg vs cf approx dipl ing
    jan feb febr mrz apr jun jul aug sept okt oct nov dez dec
    """
)
"""Abbreviations that a sentence doesn't end with, lower-case, without the dot."""

NEVER_LAST_CAPITALISED = _words(
    "Dr Prof Hr Fr Mr Mrs Ms Messrs Gen Sen Rep Gov Lt Col Sgt Capt Rev Hon St Mt Ft Dept Pres Fa Sep Tel Str Allg"
)
"""Abbreviations that are other words, or no abbreviations, when written small."""

NEVER_LAST_BEFORE_NUMBER = _words("no nos nr art abs abb fig eq par kap vol pp p s max min mind rd geb est")
"""Words that are abbreviations, lower-case, only where a number follows."""

SOMETIMES_LAST = _words(
    """
    inc corp ltd co llc plc jr sr bros mio mrd mill tsd bio usw etc uvm usf ag gmbh kg u.s u.k u.n e.v a.m p.m
    """
)
"""Abbreviations that a sentence may end with: it does where a word follows that opens sentences."""

OPENERS = _words(
    """
    Der Die Das Den Dem Des Ein Eine Einer Eines Einem Es Er Sie Ihr Ihre Wir Ich Man Im In Am An Auf Aus Bei Beim
    Bis Für Mit Nach Seit Über Um Unter Von Vom Vor Während Wegen Zu Zum Zur Zwischen Doch Aber Denn Und Oder Auch
    Als Wenn Weil Da Dabei Dafür Damit Daher Dann Darum Dass Dazu Deshalb Dies Diese Dieser Dieses Dort Hier Jetzt
    Jedoch Nun Nur Ob Schon So Sollte Trotz Trotzdem Viele Was Wer Wie Wo Warum Zudem Zugleich Allerdings Außerdem
    Bereits Laut The This That These Those A An It He She They We I You His Her Its Their Our My There Here At By
    For From If On Of To With Without When While Where What Who Why How And But Or So As After Before Because
    Since Although Though Both Some Many Most All Another However Meanwhile Last Next Earlier Later Under Over No
    Not Now Then According Also
    """
)

ORDINAL_BEFORE = _words(
    """
    am im vom zum beim ab bis der die das den dem des ein eine einen einem einer eines sein seine seinen ihr ihre
    ihren jeder jede jedes jeden und oder zur seit Der Die Das Am Im Zum Vom Ab Bis Ein Seit
    """
)
ORDINAL_AFTER = _words(
    """
    Januar Februar März April Mai Juni Juli August September Oktober November Dezember Jänner Quartal Halbjahr
    Jahrhundert Jahrtausend Mal Platz Rang Stock Etage Klasse Liga Bundesliga Runde Tag Woche Monat Jahr Jahrestag
    Geburtstag Weltkrieg Kapitel Auflage Ausgabe Staffel Spieltag Minute Stelle Sitzung Amendment
    """
)
TOP_LEVEL_DOMAINS = _words(
    """
    com net org io ai de at ch uk eu tv app dev co js ts py md txt html php exe
    """
)

GLUED_OPENERS = _words("Die Der Das Ein Eine Es Mit Für The This These In")
"""Openers at which a word is taken for two that a scrape glued together."""

GERMAN_WORDS = _words(
    """
    der das dem des und oder aber nicht auch nur noch schon sehr ein eine einer eines einem einen ist sind war waren
    wird werden wurde wurden hat haben hatte könnte soll sollte kann mit für auf aus bei nach von vom zum zur zu im
    über unter durch gegen ohne um wie wenn weil dass damit sich sie er es wir ich ihr ihre sein seine diese dieser
    dieses dürfte laut
    """
)
ENGLISH_WORDS = _words(
    """
    the a and or but not of to for with from by at on is are were be been being has have had would could should can
    which who whose that this these those it its he she they we you his her their our as if because while when where
    about into over after before more than
    """
)
"""Function words that are rare in the other of the two languages."""

GERMAN_QUESTION_WORDS = GERMAN_WORDS | _words(
    """
    was wer wen wem wessen wo woher wohin wann warum weshalb wieso wozu welche welcher welches welchen die den
    """
)
ENGLISH_QUESTION_WORDS = ENGLISH_WORDS | _words(
    """
    what why how did does do whom tell him them me there so any many
    """
)
