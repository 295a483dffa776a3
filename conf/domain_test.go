package conf

import "testing"

func TestToASCII(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{ // want is empty for a name without A-labels
		{name: "empty", in: "", want: ""},
		{name: "ASCII", in: "mail.example", want: "mail.example"},
		{name: "ASCII with capitals", in: "Mail.Example", want: "Mail.Example"},
		{name: "A-label", in: "xn--bcher-kva.example", want: "xn--bcher-kva.example"},
		{name: "U-label", in: "bücher.example", want: "xn--bcher-kva.example"},
		{name: "capitals beside a U-label", in: "BÜCHER.Example", want: "xn--bcher-kva.example"},
		{name: "decomposed", in: "bu\u0308cher.example", want: "xn--bcher-kva.example"},
		{name: "sharp s is not ss", in: "faß.example", want: "xn--fa-hia.example"},
		{name: "final sigma is not sigma", in: "βόλος.example", want: "xn--nxasmm1c.example"},
		{name: "sigma", in: "βόλοσ.example", want: "xn--nxasmq6b.example"},
		{name: "joiner where it is allowed", in: "ශ්\u200dරී.example", want: "xn--10cl1a0b660p.example"},
		{name: "joiner where it is not allowed", in: "a\u200db.example"},
		{name: "ideographic full stop", in: "bücher。example", want: "xn--bcher-kva.example"},
		{name: "full-width letters", in: "ｂücher.example", want: "xn--bcher-kva.example"},
		{name: "hyphens in third and fourth place", in: "ab--ü.example"},
		{name: "underscore", in: "_spf.bücher.example", want: "_spf.xn--bcher-kva.example"},
		{name: "dot at the start", in: ".bücher.example", want: ".xn--bcher-kva.example"},
		{name: "dot at the end", in: "bücher.example.", want: "xn--bcher-kva.example."},
		{name: "right to left", in: "אבג.example", want: "xn--4dbcd.example"},
		{name: "mixed directions", in: "אa.example"},
		{name: "symbol", in: "☃\u2028.example"},
		{name: "replacement character", in: "b\ufffdcher.example"},
		{name: "bad A-label beside a U-label", in: "xn--a.bücher.example"},
		{name: "not UTF-8", in: "b\xfccher.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := toASCII(test.in)
			if want := test.want != "" || test.in == ""; ok != want || ok && got != test.want {
				t.Errorf("toASCII(%q) = %q, %v, want %q, %v", test.in, got, ok, test.want, want)
			}
		})
	}
}
