package idn

import (
	"strings"
	"testing"
	"time"
)

func TestToASCII(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string // "" if there is no A-label
	}{
		// Labels that stay as they are.
		{name: "ASCII", text: "MX_1.Example.", want: "MX_1.Example."},
		{name: "A-label", text: "xn--bcher-kva.example", want: "xn--bcher-kva.example"},
		{name: "A-label that is not Punycode", text: "xn--0.example", want: "xn--0.example"},
		{name: "A-label that is not Punycode beside a U-label", text: "xn--0.bücher.example", want: "xn--0.xn--bcher-kva.example"},
		{name: "A-label beside a U-label", text: "xn--fa-hia.bücher.example", want: "xn--fa-hia.xn--bcher-kva.example"},
		{name: "A-label of symbols beside a U-label", text: "xn--n3h.bücher.example", want: "xn--n3h.xn--bcher-kva.example"},
		{name: "underscore beside a U-label", text: "_spf.bücher.example", want: "_spf.xn--bcher-kva.example"},
		{name: "hyphens in positions 3 and 4 beside a U-label", text: "r3---sn-x.bücher.example", want: "r3---sn-x.xn--bcher-kva.example"},
		{name: "hyphens at the ends beside a U-label", text: "-a-.bücher.example", want: "-a-.xn--bcher-kva.example"},
		{name: "capitals beside a U-label", text: "MX.bücher.Example", want: "MX.xn--bcher-kva.Example"},
		{name: "empty labels beside a U-label", text: ".bücher..example.", want: ".xn--bcher-kva..example."},

		// U-labels that IDNA 2003 maps to something else (UTS 46, 7).
		{name: "sharp s", text: "faß.example", want: "xn--fa-hia.example"},
		{name: "capital sharp s", text: "FAẞ.example", want: "xn--fa-hia.example"},
		{name: "final sigma", text: "βόλος.example", want: "xn--nxasmm1c.example"},
		{name: "sigma at the end", text: "βόλοσ.example", want: "xn--nxasmq6b.example"},
		{name: "capital sigma at the end", text: "ΒΌΛΟΣ.example", want: "xn--nxasmq6b.example"},
		{name: "zero width joiner after a virama", text: "ශ්\u200Dරී.example", want: "xn--10cl1a0b660p.example"},
		{name: "the same without joiner", text: "ශ්රී.example", want: "xn--10cl1a0b.example"},
		{name: "zero width non-joiner between joining letters", text: "نامه\u200Cای.example", want: "xn--mgba3gch31f060k.example"},
		{name: "the same without non-joiner", text: "نامهای.example", want: "xn--mgba3gch31f.example"},
		{name: "zero width non-joiner after a virama", text: "क्\u200Cष.example", want: "xn--11b2ezcs70k.example"},

		// Mapping and normalization.
		{name: "U-label", text: "bücher.example", want: "xn--bcher-kva.example"},
		{name: "capitals", text: "BÜCHER.example", want: "xn--bcher-kva.example"},
		{name: "combining character", text: "bu\u0308cher.example", want: "xn--bcher-kva.example"},
		{name: "two combining characters out of order", text: "a\u0301\u0323.example", want: "xn--lsa752l.example"},
		{name: "Hangul as modern jamo", text: "\u1112\u1161\u11AB.example", want: "xn--6q8b.example"},
		{name: "fullwidth letters alone", text: "ｆａｓｓ.example", want: "fass.example"},
		{name: "fullwidth letters in a U-label", text: "ｂü\uFF43her.example", want: "xn--bcher-kva.example"},
		{name: "fullwidth A-label", text: "ｘｎ－－fa-hia.example", want: "xn--fa-hia.example"},
		{name: "fullwidth underscore", text: "＿spf.example", want: "_spf.example"},
		{name: "dotless i", text: "ılk.example", want: "xn--lk-gpa.example"},
		{name: "capital i with dot", text: "İlk.example", want: "xn--ilk-8dc.example"},
		{name: "Kelvin sign", text: "\u212Aelvin.example", want: "kelvin.example"},
		{name: "ligature", text: "oﬃce.example", want: "office.example"},
		{name: "soft hyphen", text: "bü\u00ADcher.example", want: "xn--bcher-kva.example"},
		{name: "soft hyphens of 1,000 bytes", text: "bü" + strings.Repeat("\u00AD", 500) + "cher.example", want: "xn--bcher-kva.example"},
		{name: "ideographic full stops", text: "例え。テスト．例え｡", want: "xn--r8jz45g.xn--zckzah.xn--r8jz45g."},
		{name: "ideographic full stop between ASCII labels", text: "mx。example", want: "mx.example"},
		{name: "underscore within a U-label", text: "_bü.example", want: "xn--_b-yka.example"},
		{name: "hyphens at the ends of a U-label", text: "-bü-.example", want: "xn---b--ioa.example"},
		{name: "hyphens in positions 3 and 4 of fullwidth letters", text: "ｒ３---sn.example", want: "r3---sn.example"},
		{name: "right to left", text: "דוגמה.example", want: "xn--6dbbec0c.example"},
		{name: "right to left with digits", text: "א1.example", want: "xn--1-zhc.example"},
		{name: "symbol that maps to right to left", text: "\u2137.example", want: "xn--6db.example"},
		{name: "katakana middle dot", text: "ア・イ.example", want: "xn--ccke4x.example"},
		{name: "A-label of 63 bytes", text: strings.Repeat("a", 55) + "ü.example", want: "xn--" + strings.Repeat("a", 55) + "-8yf.example"},

		// Labels without A-label (RFC 5891, 5.4).
		{name: "A-label of 64 bytes", text: strings.Repeat("a", 56) + "ü.example"},
		{name: "A-label far over 63 bytes", text: strings.Repeat("例", 64) + ".example"},
		{name: "text that maps to too long a label", text: strings.Repeat("\uFDFA", 4) + ".example"},
		{name: "soft hyphens of 1,002 bytes", text: "bü" + strings.Repeat("\u00AD", 501) + "cher.example"},
		{name: "snowman", text: "☃.example"},
		{name: "emoji", text: "i❤.example"},
		{name: "emoji beyond the BMP", text: "😀.example"},
		{name: "dash", text: "a—b.example"},
		{name: "fraction", text: "½.example"},
		{name: "multiplication sign", text: "2×2.example"},
		{name: "Roman numeral ten thousand", text: "ↂ.example"},
		{name: "enclosed digit with full stop", text: "⒈example.example"},
		{name: "ellipsis", text: "a…b.example"},
		{name: "account of", text: "℀.example"},
		{name: "no-break space", text: "b\u00A0c.example"},
		{name: "Ogham space", text: "b\u1680c.example"},
		{name: "space beside a letter beyond ASCII", text: "bü c.example"},
		{name: "slash beside a letter beyond ASCII", text: "bü/c.example"},
		{name: "line separator", text: "b\u2028c.example"},
		{name: "control character", text: "b\u0085c.example"},
		{name: "private use", text: "b\uE000c.example"},
		{name: "unassigned", text: "b\u0378c.example"},
		{name: "noncharacter", text: "b\uFFFEc.example"},
		{name: "right-to-left override", text: "b\u202Ec.example"},
		{name: "replacement character", text: "b\uFFFDc.example"},
		{name: "not UTF-8", text: "b\xFCcher.example"},
		{name: "surrogate", text: "b\xED\xA0\x80.example"},
		{name: "joiner alone", text: "a\u200Db.example"},
		{name: "non-joiner alone", text: "a\u200Cb.example"},
		{name: "non-joiner at the end", text: "نامه\u200C.example"},
		{name: "joiner between joining letters", text: "نامه\u200Dای.example"},
		{name: "combining character first", text: "\u0308bü.example"},
		{name: "combining characters beyond Unicode's stream-safe text", text: "q" + strings.Repeat("\u0301", 40) + ".example"},
		{name: "grapheme joiner in a mapped A-label", text: "ｘｎ－－aa-y0b.example"},
		{name: "old Hangul jamo", text: "\u1140\u1161.example"},
		{name: "Hangul compatibility jamo", text: "ㄱ.example"},
		{name: "tatweel", text: "اـب.example"},
		{name: "vertical kana repeat mark", text: "〱.example"},
		{name: "combining enclosing circle", text: "a\u20DD.example"},
		{name: "combining arrow above", text: "a\u20D7.example"},
		{name: "musical symbol", text: "a\U0001D165.example"},
		{name: "left to right in right to left", text: "אaב.example"},
		{name: "left to right beside a symbol that maps to right to left", text: "\u2137a.example"},
		{name: "digit before right to left", text: "1א.example"},
		{name: "hyphens in positions 3 and 4", text: "bü--cher.example"},
		{name: "A-label prefix on a U-label", text: "xn--bücher.example"},
		{name: "fullwidth A-label of a symbol", text: "ｘｎ－－n3h.example"},
		{name: "fullwidth A-label that is not Punycode", text: "ｘｎ－－0.example"},
		{name: "nothing left after mapping", text: "a.\u00AD.example"},
		{name: "one label of two", text: "bücher.☃.example"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := ToASCII(test.text)
			if ok != (test.want != "") || ok && got != test.want {
				t.Errorf("ToASCII(%+q) = %q, %t, want %q", test.text, got, ok, test.want)
			}
		})
	}
}

// TestIsPermitted has the code points that RFC 5892 lists, and the ends of its
// ranges. The other categories follow from Unicode's tables.
func TestIsPermitted(t *testing.T) {
	tests := []struct {
		name   string
		runes  string
		permit bool
	}{
		{name: "exceptions that are PVALID", runes: "\u00DF\u03C2\u06FD\u06FE\u0F0B\u3007", permit: true},
		{name: "exceptions that are CONTEXTO", runes: "\u00B7\u0375\u05F3\u05F4\u30FB\u0660\u0669\u06F0\u06F9", permit: true},
		{name: "joiners", runes: "\u200C\u200D", permit: true},
		{name: "exceptions that are DISALLOWED", runes: "\u0640\u07FA\u302E\u302F\u3031\u3032\u3033\u3034\u3035\u303B"},
		{name: "letters, marks and digits", runes: "aä\u0300\u0903\u0966ʰあ字𐐨", permit: true},
		{name: "ASCII in a name", runes: "az09-_", permit: true},
		{name: "ASCII not in a name", runes: " !/.@`{~\x00\x7F"},
		{name: "symbols, punctuation, spaces and numbers", runes: "☃€+¿\u00A0\u2028½Ⅷ"},
		{name: "enclosing marks", runes: "\u0488\uA670"},
		{name: "default ignorable", runes: "\u034F\u115F\u1160\u17B4\u17B5\u3164\uFFA0"},
		{name: "variation selectors", runes: "\u180B\u180D\uFE00\uFE0F\U000E0100\U000E01EF"},
		{name: "combining marks for symbols", runes: "\u20D0\u20F0"},
		{name: "musical symbols", runes: "\U0001D165\U0001D1AD\U0001D242\U0001D244"},
		{name: "old Hangul jamo", runes: "\u1100\u11FF\uA960\uA97C\uD7B0\uD7FB"},
		{name: "Hangul syllables", runes: "\uAC00\uD7A3", permit: true},
		{name: "controls, private use, unassigned", runes: "\u0085\uE000\u0378\uFFFD\U0010FFFF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, r := range test.runes {
				if got := isPermitted(r); got != test.permit {
					t.Errorf("isPermitted(%U) = %t", r, got)
				}
			}
		})
	}
}

// A name as long as a line of a request takes little time, whatever it contains.
func TestToASCIIBounded(t *testing.T) {
	const size, limit = 16 << 10, time.Second // some 10 ms each when this was written
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	var distinct strings.Builder
	for r := '\u4E00'; distinct.Len() < size; r++ {
		distinct.WriteRune(r)
	}
	for _, test := range []struct{ name, text string }{
		{name: "one label of different letters", text: distinct.String()},
		{name: "one label of combining characters", text: "a" + fill("\u0323\u0301")},
		{name: "one label of soft hyphens", text: fill("\u00AD")},
		{name: "one label of decomposed letters", text: fill("\u1112\u1161\u11AB")},
		{name: "one label of long ligatures", text: fill("\uFDFA")},
		{name: "short labels", text: fill("é.")},
		{name: "labels of the longest", text: fill(strings.Repeat("\U0001D7D8", 62) + "é.")},
		{name: "full stops", text: fill("。")},
		{name: "right-to-left labels", text: fill("א.")},
		{name: "joiners", text: fill("\u200D")},
		{name: "fullwidth Punycode", text: "ｘｎ－－" + fill("a9")},
		{name: "not UTF-8", text: fill("\xFF")},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			ToASCII(test.text)
			if took := time.Since(start); took > limit {
				t.Errorf("%d bytes took %v", len(test.text), took)
			}
		})
	}
}

func BenchmarkToASCII(b *testing.B) {
	for _, bm := range []struct{ name, text string }{
		{name: "ASCII", text: "mail.example.com"},
		{name: "U-label", text: "bücher.example"},
		{name: "16kB", text: strings.Repeat("é.", 16<<10/3)},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ToASCII(bm.text)
			}
		})
	}
}
