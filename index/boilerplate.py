"""What scrapes of news sites carry beside the article, as patterns in German and English; `index.clean` applies them.

A line or sentence that is wrongly kept costs little, one that is wrongly dropped is a fact lost. So patterns are
anchored at the beginning wherever the phrase allows it, bounded in length, and what is ambiguous counts only in
company. All are compiled without case. Every gap in them is bounded, so that none backtracks beyond a few hundred
characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

AGENCIES = (
    r"(?:dpa|AFP|APA|AP|EPA|KNA|epd|Reuters|Getty(?: Images)?|imago(?: images)?|picture[ -]alliance"
    r"|Shutterstock|Unsplash"
    r"|Pexels|Pixabay|iStock|Adobe Stock|Bloomberg|ZUMA|Keystone|ddp|Midjourney|DALL-?E|gpt-image[\w.-]*|Stable"
    r" Diffusion)"
)
NETWORKS = (
    r"(?:Facebook|Twitter|X|Instagram|LinkedIn|Xing|YouTube|TikTok|WhatsApp|Telegram|Threads|Mastodon|Bluesky|Pinterest"
    r"|Reddit|Flipboard|Discord|RSS|Google News|Social[ -]Media|Messenger|Pocket|E-?Mail)"
)
OWN_VOICE = re.compile(
    r"\b(?:wir|uns|unsere?[mnrs]?|du|dir|dich|dein(?:e[mnrs]?)?|euch|eure?[mnrs]?|we|us|our|you|your"
    r"|kostenlose?[nrs]?|gratis"
    r"|Werbung|Newsletter|Abo|free|ad-free|ads|subscribers?)\b",
    re.IGNORECASE,
)
"""Words of a site that speaks to its reader."""

_NL = r"[^\n\r]"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of boilerplate.

    `anywhere`: cut out of running text, at whatever place. `line`: a whole block that is nothing else. `opening`: a
    sentence or heading that begins so and is no longer than `limit` characters. `in_company`: the same as `opening`,
    but only beside a piece that another pattern of this rule, or `line` of any, has taken.
    `label`: a whole line (a colon may follow) under which the list that follows is skipped too.
    """

    name: str
    anywhere: Sequence[str] = ()
    line: Sequence[str] = ()
    opening: Sequence[str] = ()
    in_company: Sequence[str] = ()
    label: Sequence[str] = ()
    limit: int = 300


RULES: tuple[Rule, ...] = (
    Rule(
        "link",
        anywhere=[
            r"!?\[[^\[\]\n\r]{0,120}\]\(\s?(?:#[^()\s]{0,120}|javascript:[^()\n\r]{0,120})?\s?\)",
            r"!\[[^\[\]\n\r]{0,200}\]\([^()\s]{0,500}\)",
        ],
        line=[
            r"(?:\[[^\[\]\n\r]{1,160}\]\([^()\s]{1,500}\)[\s|,;•·/]{0,5}){1,40}",
            r"(?:(?:https?://|www\.)\S{1,500}\s{0,3}){1,20}",
            r"(?:</?[a-z!][^<>\n\r]{0,300}>\s{0,3}){1,20}",
            r"(?:hier klicken|klicken Sie hier|click here|tap here|learn more|mehr erfahren|find out more"
            r"|details)[.!»>]{0,2}",
            r"(?:nach oben|zum Seitenanfang|back to top|zurück|skip to (?:main )?content|zum Inhalt springen)",
        ],
    ),
    Rule(
        "advertisement",
        line=[
            r"[-–—*\s]{0,4}(?:Anzeige|Werbung|Advertisement|Advertorial|Sponsored(?: content| post)?|Promoted"
            r"|Gesponsert)[-–—*:\s]{0,4}",
            r"(?:Story|Article) continues (?:below|after)\b.{0,40}",
            r"(?:Weiter(?:lesen)?|Der Artikel wird|Lesen Sie weiter) (?:nach|unter)\b.{0,30}\b(?:Anzeige"
            r"|Werbung)\b.{0,20}",
            r"(?:Scroll|Swipe) to continue\b.{0,40}",
            r"(?:Remove|Report) (?:this )?ads?",
        ],
        opening=[
            r"(?:Dieser|Der) (?:Artikel|Beitrag|Text) enthält (?:sogenannte )?(?:Affiliate|Partner|Provisions)-?Links",
            r"(?:We|This site) may (?:earn|receive) (?:an? )?(?:affiliate )?commission",
            r"(?:Products|Purchases) (?:featured|made|bought)\b.{0,60}\b(?:commission|affiliate)",
        ],
    ),
    Rule(
        "share",
        line=[
            r"(?:Jetzt |Artikel |Beitrag |Seite )?(?:teilen|drucken|merken|weiterleiten|versenden|kommentieren)[:!]?",
            r"(?:Teile|Teilen Sie|Teilt) (?:diesen|den|unseren) (?:Beitrag|Artikel|Text)\b.{0,60}",
            rf"(?:Auf )?{NETWORKS} teilen|Teilen (?:auf|via|per|mit) {NETWORKS}",
            rf"Share(?: this)?(?: article| story| post| page)?(?: (?:on|via|with) (?:{NETWORKS}|friends))?[:!]?",
            r"(?:Tweet(?:en)?|Pin it|Print(?: this)?|Copy link|Link kopieren|Link copied!?|Email this|Save"
            r" (?:article|for later))",
            rf"(?:{NETWORKS}[\s|,/•·&]{{1,4}}){{1,12}}(?:und |and )?{NETWORKS}",
        ],
        in_company=[rf"{NETWORKS}$"],
    ),
    Rule(
        "follow",
        opening=[
            r"(?:Folge|Folgen Sie|Folgt) uns\s?[:!]|Follow us\s?[:!]",
            r"(?:Folge|Folgen Sie|Folgt|Besuche|Besuchen Sie|Besucht|Finden Sie|Find) uns (?:jetzt |auch |gerne"
            r" )?(?:auf|bei|in|on)\b",
            rf"Follow (?:us|me|our)\b|Follow [\w .@-]{{1,40}} on {NETWORKS}",
            rf"(?:Like|Find|Join|Visit|Connect with) us (?:on|at)\b|Join our {NETWORKS}",
            r"(?:Keine?|Nie wieder) .{1,60}\bmehr verpassen\b|Verpassen Sie (?:keine?n?|nichts)\b|Never miss an?\b",
            r"(?:Abonniere|Abonnieren Sie|Abonniert) (?:jetzt |hier |auch )?(?:unseren?|den|die|das|uns|unser)\b",
        ],
    ),
    Rule(
        "newsletter",
        line=[
            r"(?:Zum |Unser |Our )?Newsletter(?: bestellen| abonnieren| sign[- ]?up)?[:!]?",
            r"Subscribe(?: now| today| here)?!?",
        ],
        opening=[
            r"(?:Please )?(?:Subscribe|Sign[ -]?up|Register)(?: now| today| here| free| for free)? (?:to|for"
            r"|and)\b.{0,60}"
            r"\b(?:our|newsletters?|updates|alerts|inbox|emails?|podcast|channel|free)\b",
            r"Get .{0,60}\b(?:newsletter|in your inbox|to your inbox|straight to your|delivered daily)\b",
            r"(?:Melde dich|Melden Sie sich|Meldet euch) .{0,60}\b(?:Newsletter\b|an[.!]?$)",
            r"(?:Der|Unser|Mit unserem|Im) (?:tägliche[rn]? |wöchentliche[rn]? |kostenlose[rn]?"
            r" ){0,2}Newsletter\b.{0,80}"
            r"\b(?:Postfach|abonnieren|anmelden|bestellen|informiert)\b",
            r"Jetzt (?:hier |kostenlos |gratis |unseren |den |zum |für den |für unseren ){0,4}(?:Newsletter )?"
            r"(?:abonnieren|anmelden|registrieren|testen|downloaden|herunterladen|weiterlesen|freischalten"
            r"|bestellen)\b",
            r"(?:Deine|Ihre|Your) E-?Mail[- ](?:Adresse|address)\b",
        ],
        in_company=[r".{0,120}\b(?:Newsletter|unsubscribe|abbestellen|abmelden|Postfach|inbox)\b"],
    ),
    Rule(
        "support",
        line=[r"(?:Jetzt )?(?:spenden|unterstützen|Donate|Support us)(?: now| today)?[.!]?"],
        opening=[
            r"Unterstütz(?:e|en Sie|t) (?:uns|unsere?[nm]?|unabhängigen)\b",
            r"(?:Du kannst|Sie können|Ihr könnt) uns\b.{0,60}\bunterstützen\b",
            r"(?:Vielen|Herzlichen|Besten) Dank für (?:deine?n?|eure?n?|Ihre?n?) (?:Support|Unterstützung"
            r"|Spenden?|Treue)\b",
            r".{0,120}\b(?:freuen wir uns|bitten wir|hoffen wir) .{0,20}\b(?:deine|eure|Ihre) (?:Unterstützung"
            r"|Spende|Hilfe)\b",
            r"Mit (?:einer|deiner|Ihrer|eurer) .{0,30}\b(?:Mitgliedschaft|Spende)\b.{0,60}\b(?:PayPal|Patreon"
            r"|Steady|unterstütz\w{1,3})\b",
            r"So (?:helft ihr|hilfst du|helfen Sie) uns\b",
            r"Support (?:us|our (?:work|journalism|independent|mission|reporting))\b",
            r"(?:Please )?(?:Consider (?:donating|supporting|subscribing|becoming)|Donate (?:now|today|here)"
            r"|Buy (?:me|us) a coffee)\b",
            r"(?:Become|Werden Sie|Werde) (?:an? |jetzt |ein )?(?:member|subscriber|supporter|patron|Mitglied"
            r"|Abonnent|Unterstützer)\b",
        ],
        limit=260,
    ),
    Rule(
        "consent",
        line=[
            r"(?:Alle(?:s)? |Cookies )?(?:akzeptieren|ablehnen|zustimmen|Zustimmen und weiter(?:lesen)?|Einwilligen)",
            r"(?:Accept|Reject|Allow|Manage|Decline)(?: all)?(?: cookies| preferences| settings)?|I (?:agree|accept)",
            r"(?:Cookie|Datenschutz|Privatsphäre)-?(?:Einstellungen|Hinweis|Richtlinie|Manager)?|(?:Cookie"
            r"|Privacy)(?: policy| settings| notice)",
            r"(?:Externe[rn]?|Empfohlene[rn]?) (?:redaktionelle[rn]? |externe[rn]? )?Inhalte?(?: anzeigen|"
            r" laden| aktivieren)?",
        ],
        opening=[
            r"Sie entscheiden(?: darüber| selbst)?, (?:wie|ob) Sie (?:unsere|diese) (?:Inhalte|Website|Seite)\b",
            r"Ihr (?:Gerät|Browser) (?:erlaubt|unterstützt|blockiert)\b",
            r"Bitte (?:deaktivieren|aktivieren|erlauben) Sie\b.{0,120}\b(?:Ad-?Blocker|Werbeblocker|Website"
            r"|Seite|JavaScript|Cookies|Browser|Hard-)",
            r"Sie haben (?:bereits |schon )?(?:ein|kein) .{0,20}\bAbo(?:nnement)?\?",
            r"(?:Wir|Unsere Website)(?: und unsere .{0,20}Partner)? (?:verwenden|nutzen|setzen|verwendet"
            r"|nutzt)\b.{0,60}\b(?:Cookies|Tracking)\b",
            r"(?:Diese|Unsere) (?:Website|Webseite|Seite) (?:verwendet|nutzt|benutzt) .{0,30}Cookies",
            r"(?:We|This (?:site|website|page))(?: and our .{0,30}partners)? uses? .{0,30}\bcookies\b",
            r"By (?:clicking|continuing|using|browsing|signing up)\b.{0,100}\byou (?:agree|accept|consent"
            r"|acknowledge)\b",
            r"Mit (?:Klick auf|der Nutzung|dem Klick)\b.{0,120}\b(?:stimmen Sie|willigen Sie|akzeptieren Sie)\b",
            r"(?:Ihre|Diese|Die erteilte) (?:Einwilligung|Zustimmung) (?:können Sie|ist|kann)\b.{0,60}\bwiderruf",
            r"An dieser Stelle (?:finden Sie|befindet sich|steht) .{0,60}\bInhalt",
            r"Ich bin (?:damit )?einverstanden, dass mir externe Inhalte",
            r"Damit (?:können|werden) personenbezogene Daten an Drittplattformen",
            r"(?:Your browser|Your device) (?:does not|doesn't|is not|isn't)\b|Please (?:enable|turn on)"
            r" (?:JavaScript|cookies)\b",
            r"(?:Please )?(?:disable|turn off) your ad ?blocker\b|(?:We noticed|It (?:looks|seems) like)"
            r" you(?:'re| are) using an ad ?blocker",
            r"Um (?:diesen|den) Inhalt (?:anzusehen|zu sehen|darzustellen|anzeigen zu können)\b",
        ],
        in_company=[
            r".{0,100}\b(?:Ad-?Blocker|Werbeblocker|Browser-?Add-?Ons?|Cookies|JavaScript|Datenschutzerklärung"
            r"|privacy policy)\b"
        ],
        limit=400,
    ),
    Rule(
        "paywall",
        line=[
            r"(?:Log[ -]?in|Sign[ -]in|Einloggen|Anmelden|Registrieren|Abo(?:nnieren)?|Register|Jetzt"
            r" weiterlesen|Weiterlesen)[!:]?"
        ],
        opening=[
            r"(?:Dieser|Der) (?:Artikel|Beitrag|Inhalt|Text) ist (?:nur )?(?:für|exklusiv|Teil)\b.{0,60}"
            r"\b(?:Abonnent|Mitglied|Plus|Nutzer)",
            r"(?:Already|Not yet|Not) an? (?:subscriber|member)\?|(?:Schon|Bereits|Noch kein) (?:Abonnent"
            r"|Mitglied|Abo|registriert)\b.{0,20}\?",
            r"To (?:continue|keep) reading\b|Um (?:weiterzulesen|den (?:ganzen|vollständigen) Artikel zu lesen)\b",
            r"This (?:article|story|content) is (?:only )?(?:available )?(?:for|to|reserved for) (?:our"
            r" )?(?:paying )?(?:subscribers|members)\b",
            r"You(?:'ve| have) (?:\w+ ){0,3}(?:\d+|no|your last) (?:free )?articles?\b|Start your free trial\b",
        ],
    ),
    Rule(
        "related",
        opening=[
            r"(?:Lesen Sie|Lies|Lest) (?:dazu |hierzu |jetzt |hier |bei uns )?(?:auch|mehr|weiter|dazu|hierzu)"
            r"\b[^:.]{0,40}[:»]",
            r"(?:Lesetipp|Buchtipp|Mehr (?:zum Thema|dazu|darüber|Infos|Informationen)|Siehe (?:auch|dazu)|Auch"
            r" interessant|Passend dazu"
            r"|Zum Thema|Zum Weiterlesen|Hier (?:geht es|geht's) zu\w{0,2}|Das könnte (?:dich|Sie|euch|Ihnen)"
            r" (?:auch )?(?:interessieren|gefallen))"
            r"\s?[:»]",
            r"(?:Read (?:more|also|next)|Also read|See also|Related(?: articles?| stor(?:y|ies)| content|"
            r" reading| coverage)?|Recommended(?: reading)?"
            r"|More on this(?: story)?|More from [\w .&']{1,40}|Don't miss|Must[- ]read|Up next|Listen|Watch(?:"
            r" now| live| more)?|In (?:pictures|video))\s?[:»]",
            r"You (?:may|might) also (?:like|be interested in)\b|Now playing\b",
        ],
        label=[
            r"(?:Mehr|Weitere[rs]?|Auch|Das) (?:zum Thema|zu diesem Thema|Artikel|Themen|Meldungen|Nachrichten"
            r"|interessant|Beiträge|Links)",
            r"Das könnte (?:dich|Sie|euch|Ihnen) (?:auch )?(?:interessieren|gefallen)|Lesen Sie (?:auch|mehr)"
            r"|Ähnliche (?:Artikel|Beiträge)",
            r"(?:Verwandte|Passende) (?:Artikel|Themen|Beiträge)|Meistgelesen|Meistgelesene Artikel"
            r"|Empfehlungen(?: der Redaktion)?",
            r"Related(?: articles| stories| content| posts| topics)?|Read (?:more|next|also)|See also|More"
            r" (?:stories|from .{1,40}|on this story)",
            r"You (?:may|might) also (?:like|be interested in)|Recommended(?: for you| stories)?|Most (?:read"
            r"|popular)|Trending(?: now)?|Up next",
        ],
        limit=180,
    ),
    Rule(
        "sources",
        label=[
            r"(?:Quellen?|Quellenangaben?|Quellenverzeichnis|Einzelnachweise|Literatur(?:verzeichnis)?"
            r"|Weiterführende Links|Links|Weblinks)",
            r"(?:Sources?|References|Further reading|External links|Bibliography|Footnotes)",
        ],
    ),
    Rule(
        "credit",
        anywhere=[
            r"\((?:Foto|Fotos|Bild|Bilder|Grafik|Symbolbild|Archivbild|Photo|Image|Picture|Illustration"
            r"|Credit)s?(?: credit| by)?\b[ :][^()\n\r]{1,100}\)",
            rf"(?:©|\(c\))\s?{AGENCIES}(?:\s?[/|]\s?[\w.-]{{2,30}})?",
            rf"\b{AGENCIES}\s?/\s?(?-i:[A-ZÄÖÜ][A-ZÄÖÜ'’.-]{{1,20}}\s){{1,3}}(?-i:[A-ZÄÖÜ][A-ZÄÖÜ'’.-]{{1,20}})(?![\w'’])",
        ],
        line=[
            r"(?:Foto|Fotos|Grafik|Photo|Photos|Image|Picture|Illustration|Photograph) (?:by|von) .{1,60}(?<![.!?])",
            r"(?:Foto|Fotos|Grafik|Symbolbild|Archivbild|Screenshot|Photo|Image|Picture|Illustration|Credit"
            r"|Photograph)s?(?: credit| by)?\s?[:/].{0,100}",
            rf"(?:Bild|Quelle|Source|Image)\s?:.{{0,60}}(?:{AGENCIES}|©|/).{{0,40}}",
            r".{0,60}\|\s?[\w-]{2,40}\.(?:de|com|net|org|ai|at|ch|io|eu|tv|co\.uk)",
            rf"\(?(?:{AGENCIES}[\s/,|]{{0,3}}){{1,4}}\)?",
            r"(?:Profilbild|Avatar|Autorenfoto|Profile picture)\b.{0,40}",
            r"(?:©|\(c\)|Copyright).{0,80}|(?:Alle Rechte vorbehalten|All rights reserved)[.!]?",
        ],
        limit=120,
    ),
    Rule(
        "disclosure",
        anywhere=[rf"Hinweis auf (?:mögliche )?Interessenkonflikte?\b{_NL}{{0,500}}?profitieren können\s?:?"],
        line=[r"Hinweis auf (?:mögliche )?Interessenkonflikte?:?"],
        opening=[
            r"(?:Disclosure|Disclaimer|Offenlegung|Transparenzhinweis|Haftungsausschluss|Risikohinweis)\s?:",
            r"(?:The author|The writer|I) (?:holds?|owns?|ha(?:s|ve)) (?:no |a )?.{0,30}\b(?:positions?|shares"
            r"|stake) (?:in|of) (?:any|the|these)\b",
            r"(?:Der|Die) Autor(?:in)? hält .{0,40}\bPositionen\b",
            r"(?:Nothing in this|This|Dieser|Der) (?:article|Artikel|Beitrag|content)\b.{0,60}\b(?:financial"
            r" advice|investment advice|Anlageberatung)\b",
        ],
        limit=600,
    ),
    Rule(
        "comments",
        line=[
            r"(?:\d{1,5} )?(?:Kommentare?|comments?|Leserkommentare)(?: \(?\d{1,5}\)?)?(?: anzeigen| lesen|"
            r" schreiben)?:?",
            r"(?:Leave|Post|Write|Add) a (?:comment|reply)|(?:Schreiben Sie|Schreibe) einen Kommentar.{0,30}"
            r"|(?:Join|View) the (?:conversation|comments)",
        ],
    ),
    Rule(
        "navigation",
        line=[
            r"(?:\w[\w &-]{1,24} ?[>›»|] ?){2,6}\w[\w &-]{1,60}",
            r"(?:Lesezeit|Lesedauer|Reading time|Estimated read(?:ing)? time)\s?:?.{0,20}|\d{1,2}["
            r" -]?min(?:ute)?s?\.?(?: read| Lesezeit| Lesedauer)",
            r"(?:Artikel|Beitrag) (?:anhören|vorlesen|hören)|Listen to (?:this )?article|(?:Vorheriger"
            r"|Nächster) (?:Artikel|Beitrag)|(?:Previous|Next) (?:article|post|story)",
        ],
        in_company=[
            r"(?:Home|Startseite|Menü|Menu|Suche|Search|Kontakt|Contact(?: us)?|Impressum|Datenschutz|AGB"
            r"|About(?: us)?|Über uns|Mediadaten|Jobs"
            r"|Karriere|Careers|Terms(?: of (?:use|service))?|Privacy|Hilfe|Help|FAQ|Sitemap|E-Paper|Shop|Login"
            r"|Profil|Navigation|Schließen|Close)$",
        ],
    ),
)
