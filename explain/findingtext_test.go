package explain

import "testing"

func TestCharacterName(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{text: "\t", want: "a tab"},
		{text: "\u00a0", want: "a no-break space"},
		{text: "\xa0", want: "a no-break space"},
		{text: "  ", want: "a space"},
		{text: "\u200b", want: "an invisible character (U+200B)"},
		{text: "–", want: "a dash (U+2013), which is not a hyphen"},
		{text: "−", want: "a dash (U+2212), which is not a hyphen"},
		{text: "é", want: "the character U+00E9"},
		{text: "\x96", want: "the byte 0x96"},
		{text: ";", want: `";"`},
		{text: "SPF: ", want: `"SPF: "`},
	} {
		if got := characterName(test.text); got != test.want {
			t.Errorf("%q: %s, want %s", test.text, got, test.want)
		}
	}
}
