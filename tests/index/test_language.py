import pytest

from index.language import detect, detect_question, detect_sentence, language_change

SENTENCES = [
    ("de", "Die Brücke wird im Herbst gesperrt."),
    ("de", "Der Umsatz von Blue Harbor Data stieg."),
    ("en", "The bridge will be closed in autumn."),
    ("en", "Harbor Data AI declined to comment."),
    ("es", "El puente estará cerrado hasta el otoño."),
    ("fr", "Le pont sera fermé jusqu'à l'automne."),
    ("it", "Il ponte resterà chiuso fino all'autunno."),
    ("nl", "De brug blijft gesloten tot het najaar."),
    ("pl", "Most będzie zamknięty do jesieni."),
    ("pt", "A ponte ficará fechada até ao outono."),
    ("ru", "Мост будет закрыт до осени."),
    ("ro", "Podul va fi închis până la toamnă."),
    ("sv", "Bron är stängd fram till hösten."),
    ("tr", "Köprü sonbahara kadar kapalı kalacak."),
    ("cs", "Most bude uzavřen až do podzimu."),
]


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_sentences_of_many_languages_are_told(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "   ", "12.345 %", "***", "\u200b", "Xqz Vrk"])
def test_what_holds_no_words_or_only_names_is_undetermined(text: str) -> None:
    assert detect(text) == "und"


def test_all_of_a_long_text_counts_not_only_its_beginning() -> None:
    german, english = (f"{text} " for _, text in (SENTENCES[0], SENTENCES[2]))
    assert detect(german * 20 + english * 200) == "en"
    assert detect(english * 20 + german * 200) == "de"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Warum Harbor?", "de"),
        ("Why Harbor?", "en"),
        ("Und er?", "de"),
        ("And him?", "en"),
        ("Wer leitet Blue Harbor Data?", "de"),
        ("Who leads Blue Harbor Data?", "en"),
        ("Was ist Blue Harbor?", "de"),
        ("Wie viele Stellen?", "de"),
        ("How many jobs?", "en"),
        ("¿Cuánto pagó el puerto por la grúa?", "es"),
        ("Combien le port a-t-il payé ?", "fr"),
    ],
)
def test_short_questions_are_told_by_their_question_words(question: str, language: str) -> None:
    assert detect_question(question, fallback="xx") == language


@pytest.mark.parametrize("question", ["Blue Harbor Data AI", "Aldermoor?", "2024", "", "?!"])
def test_a_question_of_names_alone_gets_the_fallback(question: str) -> None:
    assert detect_question(question, fallback="de") == "de"
    assert detect_question(question, fallback="en") == "en"


def test_a_sentence_says_whether_its_language_can_be_relied_on() -> None:
    assert detect_sentence("Die Stadt hat das Geld für den Bau nicht.", "en") == ("de", True)
    assert detect_sentence("The city does not have the money for the bridge.", "de") == ("en", True)
    assert detect_sentence("El puente estará cerrado hasta el otoño.", "de") == ("es", True)
    assert detect_sentence("Aldermoor, Vick & Co.", "de")[1] is False
    assert detect_sentence("Nein.", "de") == ("und", False)


def test_a_change_of_language_inside_a_sentence_is_found() -> None:
    english = "The council of Aldermoor voted for the new bridge on Monday "
    german = "Der Stadtrat von Aldermoor hat am Montag für die neue Brücke gestimmt."
    assert language_change(english + german) == len(english)
    assert language_change(german[:-1] + " " + english) == len(german)


@pytest.mark.parametrize(
    "sentence",
    [
        "Der Stadtrat von Aldermoor hat am Montag für die neue Brücke gestimmt, sagte der Bürgermeister.",
        "Er zitierte am Montag im Rat der Stadt das Buch „The End of the River and of the Harbour“ von 1920.",
        "Die Firma heißt Bridge of the North und baut seit Jahren für die Stadt neue Brücken über den Fluss.",
        "The book Der Fluss und das Meer is read by all who live at the harbour and on the islands.",
        "Short the der.",
    ],
)
def test_foreign_names_and_titles_are_no_change_of_language(sentence: str) -> None:
    assert language_change(sentence) is None
