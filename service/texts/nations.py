"""What English says of a nation with a capital letter, which German writes like any other adjective."""

from __future__ import annotations

NATIONAL = {
    adjective: (country.replace("_", " "), german)
    for adjective, country, german in (
        row.split()
        for row in r"""
american united_states (?:amerikan|usa|us-\w+|u\.s\.)
australian australia austral
austrian austria österreich
bavarian bavaria bayer
belgian belgium belg
brazilian brazil brasilian
british united_kingdom (?:gro(?:ß|ss)britannien|brit)
bulgarian bulgaria bulgar
canadian canada kanad
chinese china chines
croatian croatia kroat
czech czechia tschech
danish denmark dän
dutch netherlands niederländ
egyptian egypt ägypt
english england engl
european europe (?:eu|europ[aä])
finnish finland finn
french france französ
german germany deutsch
greek greece griech
hungarian hungary ungar
icelandic iceland isländ
indian india ind
iranian iran iran
irish ireland ir
israeli israel israel
italian italy italien
japanese japan japan
korean south_korea korean
mexican mexico mexikan
norwegian norway norweg
polish poland poln
portuguese portugal portugies
romanian romania rumän
russian russia russ
saudi saudi_arabia saud
scottish scotland schott
serbian serbia serb
slovak slovakia slowak
spanish spain span
swedish sweden schwed
swiss switzerland schweizer
taiwanese taiwan taiwan
thai thailand thailänd
turkish türkiye türk
ukrainian ukraine ukrain
vietnamese vietnam vietnames
""".strip().splitlines()
    )
}
"""By English adjective its country in English and how the German adjective begins, before "isch" and endings."""
