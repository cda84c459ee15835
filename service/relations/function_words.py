"""Words that say nothing by themselves, casefolded: clauses are not compared by them. Data only."""

from __future__ import annotations


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.casefold().split())


DE = _words(
    """
    ab alle allem allen aller allerdings alles als also am an ans auch auf aus außerdem bei beide beiden beim
    bereits bis bisher bislang circa da dabei dadurch dafür dagegen daher damit dann daran darauf darin
    darüber das dass davon dazu dem den denn der deren des dessen die dies diese diesem diesen dieser dieses
    doch dort durch durfte dürfe dürfen dürfte ein eine einem einen einer eines er erst es etwa etwas für gab
    geben gegen gestern gibt gut habe haben hat hatte hatten heute hier hinter hätte ihm ihn ihnen ihr ihre
    ihrem ihren ihrer im in ins insgesamt ist je jede jedem jeden jeder jedes jedoch jetzt kann kein keine
    keinem keinen keiner keines knapp konnte konnten können könnte könnten lassen laut man mehr mit morgen
    muss musste müssen nach nachdem neben nicht noch nun nur ob oder ohne pro rund schon sehr sei seien sein
    seine seinem seinen seiner seit sich sie sind so sogar soll sollen sollte sollten sowie trotz um und
    ungefähr uns unter viel viele vom von vor wann warum war waren was wegen weil welche welchem welchen
    welcher welches wem wen wenn wer werde werden werdet wie wieder will wir wird wo wollen wollte
    worden wurde wurden während zu zudem zufolge zuletzt zum zur zwischen über
    """
)

ADVERBS = _words(
    """
    kurz gleichzeitig zugleich bald später früher zuvor danach dort deutlich offenbar angeblich inzwischen mittlerweile
    künftig derzeit aktuell zunächst schließlich insgesamt weltweit allein besonders vermutlich zusammen nebenbei längst
    spät früh
    """
)
"""What is written large at the beginning of a German sentence and is no noun."""

EN = _words(
    """
    a about after again against all almost already also although altogether an and any approximately are
    around as at be because been before being between both but by can could did do does doing down during each
    every far few for from further get got had has have having he her here hers him his how however i if in
    into is it it's its itself just many may might more most much must my near nearly no nor not now of off on
    once only onto or other our out over own per quite rather roughly said same say says she should since so
    some such than that the their them themselves then there there's these they this those though through to
    today tomorrow too toward towards under until up upon us very via was we were what when where whether
    which while who whom whose why will with within without would yes yesterday yet you your
    """
)

FUNCTION_WORDS = {"de": DE, "en": EN}
