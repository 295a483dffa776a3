package html

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

func TestEl(t *testing.T) {
	for _, test := range []struct {
		name    string
		element *Element
		want    string
	}{
		{name: "text", element: El("span", Text("a b")), want: "<span>a b</span>"},
		{name: "markup in text", element: El("span", Text(`<b a="1" c='2'>&amp;`)), want: "<span>&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;</span>"},
		{name: "markup in an attribute", element: El("span", Attr("title", `"><script>`)), want: `<span title="&quot;&gt;&lt;script&gt;"></span>`},
		{name: "control characters", element: El("span", Text("a\x00\x1b\x7f\u009b\u2028b\tc")), want: "<span>a\ufffd\ufffd\ufffd\ufffd\ufffdb\ufffdc</span>"},
		{name: "line feed", element: El("span", Text("a\nb")), want: "<span>a\nb</span>"},
		{name: "change of direction", element: El("span", Text("a\u202eb\u2066c\u200bd")), want: "<span>a\ufffdb\ufffdc\ufffdd</span>"},
		{name: "invalid UTF-8", element: El("span", Text("a\xff\xc3b")), want: "<span>a\ufffd\ufffdb</span>"},
		{name: "letters of any script", element: El("span", Text("é一א")), want: "<span>é一א</span>"},
		{name: "attributes after content", element: El("span", Text("a"), Class("x")), want: `<span class="x">a</span>`},
		{name: "nothing", element: El("span", nil, (*Element)(nil), Group{}), want: "<span></span>"},
		{name: "group", element: El("span", Group{Text("a"), El("code", Text("b"))}), want: "<span>a<code>b</code></span>"},
		{name: "no end tag", element: El("meta", Attr("charset", "utf-8")), want: "<meta charset=\"utf-8\">\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.element.String(); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// Whatever the text is, it adds no markup to the element.
func FuzzEl(f *testing.F) {
	for _, text := range []string{"a", `<script>`, "</span>", "&#60;", `" onclick="x`, "\xff<", "\x00", "]]>", "<!--"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := El("span", Attr("title", text), Text(text)).String()
		var got, title strings.Builder
		for d := xml.NewDecoder(strings.NewReader(out)); ; {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%v: %q", err, out)
			}
			switch token := token.(type) {
			case xml.StartElement:
				if token.Name.Local != "span" || len(token.Attr) != 1 {
					t.Errorf("element %v in %q", token, out)
				}
				title.WriteString(token.Attr[0].Value)
			case xml.CharData:
				got.Write(token)
			case xml.EndElement:
			default:
				t.Errorf("%T in %q", token, out)
			}
		}
		var want strings.Builder
		for _, r := range text {
			if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				r = unicode.ReplacementChar
			}
			want.WriteRune(r)
		}
		if got.String() != want.String() || title.String() != want.String() {
			t.Errorf("the text is %q and %q, want %q", got.String(), title.String(), want.String())
		}
	})
}

func TestPolicy_styleHash(t *testing.T) {
	sum := sha256.Sum256([]byte(style))
	if want := "sha256-" + base64.StdEncoding.EncodeToString(sum[:]); styleHash != want {
		t.Errorf("styleHash is %q; write %q", styleHash, want)
	}
}

// Text has a contrast of 4.5 to its background, and pictures have one of 3 (WCAG 2.2,
// 1.4.3 and 1.4.11).
func TestStyle_contrast(t *testing.T) {
	schemes := regexp.MustCompile(`(?s):root \{.*?\n *\}`).FindAllString(style, 2)
	if len(schemes) != 2 {
		t.Fatalf("%d color schemes, want 2", len(schemes))
	}
	for i, scheme := range schemes {
		colors := make(map[string]float64)
		for _, m := range regexp.MustCompile(`--([\w-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(scheme, -1) {
			colors[m[1]] = luminance(t, m[2])
		}
		for _, test := range []struct {
			foreground, background string
			want                   float64
		}{
			{foreground: "text", background: "page", want: 4.5}, {foreground: "text", background: "card", want: 4.5}, {foreground: "text", background: "code", want: 4.5}, {foreground: "soft", background: "page", want: 4.5}, {foreground: "soft", background: "card", want: 4.5},
			{foreground: "accent", background: "page", want: 4.5}, {foreground: "accent", background: "card", want: 4.5}, {foreground: "good", background: "card", want: 4.5}, {foreground: "doubtful", background: "card", want: 4.5}, {foreground: "bad", background: "card", want: 4.5},
			{foreground: "good", background: "page", want: 4.5}, {foreground: "doubtful", background: "page", want: 4.5}, {foreground: "bad", background: "page", want: 4.5},
			{foreground: "text", background: "good-bg", want: 4.5}, {foreground: "text", background: "doubtful-bg", want: 4.5}, {foreground: "text", background: "bad-bg", want: 4.5},
			{foreground: "good", background: "good-bg", want: 4.5}, {foreground: "doubtful", background: "doubtful-bg", want: 4.5}, {foreground: "bad", background: "bad-bg", want: 4.5},
			{foreground: "pass", background: "card", want: 3}, {foreground: "none", background: "card", want: 3}, {foreground: "neutral", background: "card", want: 3}, {foreground: "softfail", background: "card", want: 3}, {foreground: "fail", background: "card", want: 3},
			{foreground: "temperror", background: "card", want: 3}, {foreground: "permerror", background: "card", want: 3},
		} {
			a, okA := colors[test.foreground]
			b, okB := colors[test.background]
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); !okA || !okB || ratio < test.want {
				t.Errorf("scheme %d: the contrast of %s on %s is %.2f, want %.1f", i, test.foreground, test.background, ratio, test.want)
			}
		}
	}
}

// Paper is as narrow as a tablet, but tables stay tables there.
func TestStyle_paper(t *testing.T) {
	for _, query := range regexp.MustCompile(`@media [^{]*max-width[^{]*`).FindAllString(style, -1) {
		if !strings.HasPrefix(query, "@media screen and ") {
			t.Errorf("%q applies to paper", query)
		}
	}
}

// luminance returns the relative luminance of a color (WCAG 2.2).
func luminance(t *testing.T, rgb string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(rgb, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	linear := func(c uint64) float64 {
		if v := float64(c&0xff) / 255; v > 0.04045 {
			return math.Pow((v+0.055)/1.055, 2.4)
		} else {
			return v / 12.92
		}
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}

// Each class that the code names is in the style sheet.
func TestStyle_classes(t *testing.T) {
	for _, result := range []string{"pass", "none", "neutral", "softfail", "fail", "temperror", "permerror"} {
		if class := string(resultClass(result)); class != result || !strings.Contains(style, "rect."+class) {
			t.Errorf("the class of %s is %s", result, class)
		}
	}
}

func TestPage(t *testing.T) {
	var b strings.Builder
	p := Page{Title: "<a>", Body: Group{El("p", Text("b"))}, Footer: "c & d"}
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<!DOCTYPE html>\n<html lang=\"en\">", "<title>&lt;a&gt;</title>", "<main><p>b</p>", "c &amp; d",
		`content="default-src &#39;none&#39;; style-src &#39;sha256-`, "<style>" + style + "</style>",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestMarked(t *testing.T) {
	for _, test := range []struct {
		name           string
		offset, length int
		message, want  string
	}{
		{name: "a part", offset: 2, length: 1, want: "<pre><code>a <mark>b</mark> c</code></pre>\n"},
		{name: "message", offset: 2, length: 1, message: "x", want: "<div><pre><code>a <mark>b</mark> c</code></pre>\n<p class=\"wrong\">x</p>\n</div>\n"},
		{name: "nothing", want: "<pre><code>a b c</code></pre>\n"},
		{name: "beyond the end", offset: 4, length: 9, want: "<pre><code>a b <mark>c</mark></code></pre>\n"},
		{name: "after the end", offset: 5, length: 1, want: "<pre><code>a b c</code></pre>\n"},
		{name: "before the start", offset: -1, length: 1, want: "<pre><code>a b c</code></pre>\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Marked("a b c", test.offset, test.length, test.message).String(); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	got := Table(Text("Title"), []Column{{Title: "A"}, {Title: "N", Numbers: true}}, [][]Part{{Text("x<"), Text("1")}}).String()
	want := `<table class="wide" role="table"><caption>Title</caption>
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">A</th><th scope="col" role="columnheader" class="number">N</th></tr>
</thead>
<tbody role="rowgroup"><tr role="row"><th scope="row" role="rowheader">x&lt;</th><td role="cell" data-label="N" class="number"><div>1</div>
</td></tr>
</tbody>
</table>
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestStackedBars(t *testing.T) {
	series := []Series{ResultSeries("pass"), ResultSeries("fail")}
	got := StackedBars("c", "Title", "About", series, []Bar{{Label: "one", Values: []int64{6, 2}}, {Label: "two", Values: []int64{0, 4}}}).String()
	for _, want := range []string{
		`role="img" aria-labelledby="c-title c-desc" viewBox="0 0 20 100"`,
		`<title id="c-title">Title</title><desc id="c-desc">About</desc>`,
		"<title>one: 8; pass 6, fail 2</title>",
		`<rect class="pass" x="1" y="25" width="8" height="75"></rect>`,
		`<rect class="fail" x="1" y="0" width="8" height="25"></rect>`,
		`<rect class="fail" x="11" y="50" width="8" height="50"></rect>`,
		"pass <strong>6</strong>", "fail <strong>6</strong>",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestStackedBars_nothing(t *testing.T) {
	if got := StackedBars("c", "Title", "About", nil, nil).String(); strings.Contains(got, "<rect") || strings.Contains(got, "NaN") {
		t.Errorf("got %s", got)
	}
}

func TestSplitBar(t *testing.T) {
	series := []Series{ResultSeries("pass"), ResultSeries("fail")}
	got := SplitBar(series, Bar{Label: "refused", Values: []int64{1, 3}}).String()
	if !strings.Contains(got, `aria-label="refused: 4; pass 1, fail 3"`) || !strings.Contains(got, `class="fail" x="250" y="0" width="750"`) {
		t.Errorf("got %s", got)
	}
	if empty := SplitBar(series, Bar{Values: []int64{0, 0}}).String(); strings.Contains(empty, "<rect") {
		t.Errorf("got %s", empty)
	}
}

func TestRoundUp(t *testing.T) {
	for n, want := range map[int64]int64{0: 1, 1: 1, 3: 4, 5: 6, 7: 8, 9: 10, 11: 20, 100: 100, 8001: 10000} {
		if got := roundUp(n); got != want {
			t.Errorf("roundUp(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := number(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
