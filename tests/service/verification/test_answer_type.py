from __future__ import annotations

import pytest

from service.verification.answer_type import missing


@pytest.mark.parametrize(
    ("question", "sentence", "language", "lacking"),
    [
        ("How much did Nord pay for its stake?", "Nord paid about 49 percent of its stake.", "en", "amount"),
        ("How much did Nord pay for its stake?", "Nord paid 14.3 billion for 49 percent.", "en", ""),
        ("How much did Nord pay?", "Nord paid on 3 May.", "en", "amount"),
        ("How much did Nord finally pay?", "It paid €90.", "en", ""),
        ("Wie viel hat Nord für den Anteil gezahlt?", "Nord hat 49 Prozent gezahlt.", "de", "amount"),
        ("Wie viel hat Nord für den Anteil gezahlt?", "Nord hat zwei Millionen Euro gezahlt.", "de", ""),
        ("How much does the tax cost those who pay 5 percent?", "They pay 7 percent.", "en", ""),
        ("How many people work there?", "About 300 people work there.", "en", ""),
        ("How many people work there?", "Many people work there.", "en", ""),
        ("How many fields dried up?", "They cover 30 square miles (78 km2).", "en", "amount"),
        ("How many square miles dried up?", "They cover 30 square miles.", "en", ""),
        ("Wie viele Felder verdorrten?", "Es verdorrten 30 Hektar auf 12 Feldern.", "de", ""),
        ("How many people work there?", "People work there and like it.", "en", "amount"),
        ("Wie viel kostete das Werk 2024?", "Das Werk entstand 2024 in Kiel.", "de", "amount"),
        ("Wie viel kostete das Werk 2024?", "Es kostete zwei Millionen Euro.", "de", ""),
        ("Which fraction of its sales is that?", "That is 14.3 million euros.", "en", "amount"),
        ("Which fraction of its sales is that?", "That is about a tenth of them.", "en", ""),
        ("Welchem Teil des Umsatzes entspricht der Preis?", "Er entspricht 14 Millionen Euro.", "de", "amount"),
        ("Welcher Teil der Stadt brannte ab?", "Der Hafen brannte ab.", "de", ""),
        ("Why did Tessera leave?", "Tessera had 300 customers.", "en", "reason"),
        ("When did Tessera leave?", "Tessera left Nordholz.", "en", "time"),
        ("Welche Summen wurden genannt?", "Die Summe war ein Signal.", "de", "amount"),
        ("Welche Beträge wurden genannt?", "Die Beträge waren 2014 für Nord.", "de", "amount"),
        ("Who placed an order?", "The Army placed an order.", "en", ""),
        ("Who placed an order?", "An order was placed.", "en", "news"),
        ("What valuations are given?", "It is valued at $14 billion.", "en", ""),
        ("Who became head after Ute Nord left?", "Ute Nord became head after leaving.", "en", "person"),
        ("Who became head after Ute Nord left?", "Kersten Vaillard became head.", "en", ""),
        ("Who doubts the deal?", "Antitrust lawyers doubt the deal.", "en", ""),
        ("Wer zweifelt am Geschäft?", "Kartellrechtler zweifeln daran.", "de", ""),
        ("Wer zweifelt am Geschäft?", "Am Geschäft wird gezweifelt.", "de", "person"),
        ("What does Nordholz do?", "Nordholz does what Nordholz does.", "en", "news"),
        ("Warum ging Tessera?", "Tessera ging, weil die Preise stiegen.", "de", ""),
        ("Was macht das Werk?", "Das Werk macht das.", "de", "news"),
        ("After what major world event did Kiel shrink?", "Kiel shrank after World War I.", "en", ""),
        ("Which lane did Coyle swim in?", "12.", "en", ""),
        ("What branch of computer science is it?", "Complexity theory.", "en", ""),
        ("What did Inspector Who find?", "The inspector found a burnt glove.", "en", ""),
        ("Where did the man who founded Nord study?", "He studied in the harbour town.", "en", ""),
        ("When Nord closed, who bought it?", "It was bought in March.", "en", "person"),
        ("Was bestimmt, wie viel Salz sich löst?", "Die Wärme des Wassers bestimmt es.", "de", ""),
        ("Was the plant closed?", "The plant was closed.", "en", ""),
        ("Did Tessera leave?", "Tessera did leave.", "en", ""),
        ("Hat Tessera gekündigt?", "Ja, Tessera hat gekündigt.", "de", ""),
    ],
)
def test_a_sentence_has_to_say_what_is_asked(question: str, sentence: str, language: str, lacking: str) -> None:
    assert missing(question, sentence, language) == lacking
