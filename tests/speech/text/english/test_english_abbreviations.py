"""Abbreviations by their neighbours and by whose dot it is."""

from collections.abc import Callable

import pytest

CASES = [
    ("Dr. Smith met Mr. and Mrs. Jones", "Doctor Smith met Mister and Missus Jones"),
    ("Mr. T met Dr. Who.", "Mister T met Doctor Who."),
    ("St. John St. is near Dr. King Dr.", "Saint John Street is near Doctor King Drive."),
    ("on Elm St. near St. Paul", "on Elm Street near Saint Paul"),
    ("We went to Wall St. on foot.", "We went to Wall Street on foot."),
    ("Mount St. Helens erupted.", "Mount Saint Helens erupted."),
    ("It was on Elm St. It was strange.", "It was on Elm Street. It was strange."),
    ("Rev. Dr. King and Lt. Col. Smith", "Reverend Doctor King and Lieutenant Colonel Smith"),
    ("Dr. Jekyll's Dr. called", "Doctor Jekyll's Doctor called"),
    ("Gen Z loves Gen. Lee", "Gen Z loves General Lee"),
    ("The Assoc. Prof. spoke.", "The Associate Professor spoke."),
    ("Robert Downey, Jr., won.", "Robert Downey, Junior, won."),
    ("fruit, e.g. apples", "fruit, for example apples"),
    ("the best, i.e. mine", "the best, that is mine"),
    ("tea, milk, etc.", "tea, milk, et cetera."),
    ("etc. and so on", "et cetera and so on"),
    ("(Smith et al., 2010)", "(Smith et al, twenty ten)"),
    ("cats vs. dogs", "cats versus dogs"),
    ("The gov. resigned.", "The governor resigned."),
    ("Jay-Z ft. Rihanna", "Jay-Z featuring Rihanna"),
    ("a B.Sc. degree", "a B S C degree"),
    ("the St. yesterday", "the Street yesterday"),
    ("see vol. I and Eq. (3)", "see volume one and equation (three)"),
    ("no.1 and No. 2", "number one and number two"),
    ("Brown v. Board of Education", "Brown versus Board of Education"),
    ("approx. 5 days", "approximately five days"),
    ("take No. 5", "take number five"),
    ("The no. of users grew.", "The number of users grew."),
    ("He said No. Then left", "He said No. Then left"),
    ("I ate a fig. It was good.", "I ate a fig. It was good."),
    ("Call me Max. He did.", "Call me Max. He did."),
    ("Max. speed is low.", "Maximum speed is low."),
    ("see p. 12, pp. 4-6, vol. 3", "see page twelve, pages four to six, volume three"),
    ("fig. 2b", "figure two b"),
    ("tea w/o milk, w/ sugar, c/o Jane", "tea without milk, with sugar, care of Jane"),
    ("n/a", "N A"),
    ("Smith & Co. grew.", "Smith and Company grew."),
    ("Acme Ltd. and Foo Corp.", "Acme Limited and Foo Corporation."),
    ("the dept. of health", "the department of health"),
    ("Ave. of the Stars", "Avenue of the Stars"),
    ("Ave Maria", "Ave Maria"),
    ("in the U.S. Army", "in the U S Army"),
    ("I live in the U.S.", "I live in the U S."),
    ("a Ph.D. in physics", "a P H D in physics"),
    ("N.A.S.A. flew", "NASA flew"),
    ("Is there a Dr. on board?", "Is there a Doctor on board?"),
    ("Jr. developers", "Junior developers"),
    ("the tel. no. is", "the telephone number is"),
    ("Eclipse Public License, v. 2.0", "Eclipse Public License, version two point zero"),
    ("J.R.R. Tolkien and T. S. Eliot", "J R R Tolkien and T S Eliot"),
    ("plan B. Then we left", "plan B. Then we left"),
    ("P.S. I love you", "P S I love you"),
    ("John (b. 1950, d. 2000)", "John (born nineteen fifty, died two thousand)"),
    ("slash etc slash hosts", "slash etc slash hosts"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_abbreviations(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
