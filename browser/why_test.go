package browser

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"regexp"
	"strings"
	"testing"
)

const whyFile = "../packaging/why/index.html"

// classic is a query as the default of Reason_URL writes it.
const classic = "s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>"

// startWhy serves the Why page at /.
func startWhy(t *testing.T) *proxy {
	t.Helper()
	page, err := os.ReadFile(whyFile)
	if err != nil {
		t.Fatal(err)
	}
	return startProxy(t, map[string]string{"/": string(page)})
}

// page is what a reader sees of the Why page.
type page struct {
	lang, title, text string
	facts             map[string]string // by label
	source            string            // of what the script has made
}

var (
	factRow = regexp.MustCompile(`<div><dt>([^<]*)</dt><dd><bdi>([^<]*)</bdi></dd></div>`)
	tag     = regexp.MustCompile(`<[^>]*>`)
)

func (p *proxy) why(t *testing.T, query string, args ...string) page {
	t.Helper()
	dom := p.dom(t, site+"/?"+query, args...)
	between := func(s, from, to string) string {
		_, s, ok := strings.Cut(s, from)
		s, _, ok2 := strings.Cut(s, to)
		if !ok || !ok2 {
			t.Fatalf("nothing between %s and %s in:\n%s", from, to, dom)
		}
		return s
	}
	main := between(dom, `<main id="page">`, `</main>`)
	result := page{
		lang: between(dom, `<html lang="`, `"`), title: between(dom, "<title>", "</title>"), source: main,
		text: html.UnescapeString(tag.ReplaceAllString(main, "")), facts: make(map[string]string),
	}
	for _, m := range factRow.FindAllStringSubmatch(main, -1) {
		result.facts[m[1]] = html.UnescapeString(m[2])
	}
	return result
}

const (
	host, sender, name, checked, domain, recipient = "Host that sent it", "Sender address",
		"Name that the host gave", "Checked", "Domain checked", "Recipient"
	aboutSender = "A server did not accept a message with the sender address "
	aboutHELO   = "This host introduced itself as "
	aboutAny    = "The owner of a domain can publish"
	incomplete  = "The link that brought you here is not complete"
)

func TestWhyReadsQuery(t *testing.T) {
	p := startWhy(t)
	for _, test := range []struct {
		name, query string
		facts       map[string]string
		want        []string
		absent      []string
	}{
		{
			name: "classic", query: classic,
			facts:  map[string]string{host: "192.0.2.1", sender: "a@example.com", domain: "example.com"},
			want:   []string{aboutSender + "a@example.com", "dig +short TXT example.com", "ip4:192.0.2.1"},
			absent: []string{incomplete, "UNKNOWN"},
		},
		{
			name: "HELO", query: "s=helo;id=mail.example.com;ip=2001:db8::1;r=<UNKNOWN>",
			facts:  map[string]string{host: "2001:db8::1", name: "mail.example.com", domain: "mail.example.com"},
			want:   []string{aboutHELO + "mail.example.com", "v=spf1 a -all", "Forwarding does not cause this"},
			absent: []string{incomplete, aboutSender},
		},
		{
			name: "id last, as the guide has it", query: "s=mfrom;ip=192.0.2.1;id=a@example.com",
			facts: map[string]string{host: "192.0.2.1", sender: "a@example.com", domain: "example.com"},
		},
		{
			name: "ampersands and percent-encoding", query: "s=mfrom&id=a%2Bb%40example.com&ip=2001%3Adb8%3A%3A1&r=you%40example.net",
			facts: map[string]string{host: "2001:db8::1", sender: "a+b@example.com", domain: "example.com", recipient: "you@example.net"},
			want:  []string{"ip6:2001:db8::1"},
		},
		{
			name: "ampersands escaped as in HTML", query: "s=mfrom&amp;id=a@example.com&amp;ip=192.0.2.1",
			facts: map[string]string{host: "192.0.2.1", sender: "a@example.com", domain: "example.com"},
		},
		{
			name: "separators percent-encoded", query: "s%3Dmfrom%3Bid%3Da%40example.com%3Bip%3D192.0.2.1%3Br%3D%3CUNKNOWN%3E",
			facts: map[string]string{host: "192.0.2.1", sender: "a@example.com", domain: "example.com"},
		},
		{
			name: "VERP and plus", query: "s=mfrom;id=bounce+you=example.net@list.example.com;ip=192.0.2.1;r=x@example.net",
			facts: map[string]string{host: "192.0.2.1", sender: "bounce+you=example.net@list.example.com", domain: "list.example.com", recipient: "x@example.net"},
		},
		{
			name: "broken percent-encoding", query: "s=mfrom;id=100%@example.com%ff%zz;ip=192.0.2.1",
			facts: map[string]string{host: "192.0.2.1", sender: "100%@example.com%ff%zz"},
			want:  []string{aboutAny, incomplete},
		},
		{
			name: "percent sign in the sender", query: "s=mfrom;id=user%other@example.com;ip=192.0.2.1",
			facts: map[string]string{host: "192.0.2.1", sender: "user%other@example.com", domain: "example.com"},
		},
		{
			name: "number sign in the sender", query: "s=mfrom;id=a#1@example.com;ip=192.0.2.1;r=<UNKNOWN>",
			facts: map[string]string{host: "192.0.2.1", sender: "a#1@example.com", domain: "example.com"},
		},
		{
			name: "internationalized", query: "s=mfrom;id=%E5%B1%B1%E7%94%B0@%E4%BE%8B%E3%81%88.jp;ip=192.0.2.1",
			facts: map[string]string{host: "192.0.2.1", sender: "山田@例え.jp", domain: "例え.jp"},
		},
		{
			name: "several at signs", query: `s=mfrom;id="a@b.example"@example.com;ip=192.0.2.1`,
			facts: map[string]string{host: "192.0.2.1", sender: `"a@b.example"@example.com`, domain: "example.com"},
		},
		{
			name: "separators in the sender", query: `s=mfrom;id="a;ip=198.51.100.9;r=b"@example.com;ip=192.0.2.1;r=<UNKNOWN>`,
			facts: map[string]string{host: "192.0.2.1", sender: `"a;ip=198.51.100.9;r=b"@example.com`, domain: "example.com"},
		},
		{
			name: "host in the sender, id last", query: `s=mfrom;ip=192.0.2.1;id=a;ip=198.51.100.9;@example.com`,
			facts: map[string]string{host: "192.0.2.1", sender: "a;ip=198.51.100.9;@example.com", domain: "example.com"},
		},
		{
			name: "no scope", query: "id=a@example.com;ip=192.0.2.1",
			facts: map[string]string{host: "192.0.2.1", sender: "a@example.com", domain: "example.com"},
		},
		{
			name: "names of identities as in header fields", query: "s=MailFrom;id=a@example.com;ip=192.0.2.1",
			facts: map[string]string{host: "192.0.2.1", sender: "a@example.com", domain: "example.com"},
		},
		{
			name: "EHLO", query: "s=ehlo;id=mail.example.com;ip=192.0.2.1",
			facts: map[string]string{host: "192.0.2.1", name: "mail.example.com", domain: "mail.example.com"},
			want:  []string{aboutHELO + "mail.example.com"},
		},
		{
			name: "repeated fields", query: "s=helo;s=mfrom;ip=192.0.2.1;ip=192.0.2.2;id=mail.example.com;s=mfrom;r=<UNKNOWN>;r=you@example.net",
			facts: map[string]string{host: "192.0.2.1", name: "mail.example.com;s=mfrom;r=<UNKNOWN>", recipient: "you@example.net"},
		},
		{
			name: "huge", query: "s=mfrom;ip=192.0.2.1;id=" + strings.Repeat("%E2%80%AE", 5000) + strings.Repeat("a", 50000) + "@example.com",
			facts: map[string]string{host: "192.0.2.1", sender: strings.Repeat("\ufffd", 320) + "\u2026", domain: "example.com"},
		},
		{
			name: "scope of JavaScript's", query: "s=constructor;id=example.com;ip=192.0.2.1",
			facts: map[string]string{host: "192.0.2.1", checked: "example.com"},
			want:  []string{aboutAny, incomplete},
		},
		{
			name: "private address", query: "s=mfrom;id=a@example.com;ip=172.17.0.1;r=<UNKNOWN>",
			facts:  map[string]string{host: "172.17.0.1", sender: "a@example.com", domain: "example.com"},
			want:   []string{"172.17.0.1 is a private address"},
			absent: []string{"ip4:172.17.0.1"},
		},
		{
			name: "cut short", query: "s=mfrom;id=a@exa",
			facts: map[string]string{sender: "a@exa"},
			want:  []string{aboutAny, incomplete},
		},
		{
			name: "no address", query: "s=mfrom;id=a@example.com;ip=999.0.2.1",
			facts: map[string]string{sender: "a@example.com", domain: "example.com"},
			want:  []string{aboutAny, incomplete},
		},
		{
			name: "empty values", query: "s=;id=;ip=;r=",
			facts: map[string]string{},
			want:  []string{aboutAny, incomplete},
		},
		{
			name: "nothing", query: "",
			facts:  map[string]string{},
			want:   []string{aboutAny},
			absent: []string{incomplete},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := p.why(t, test.query)
			if fmt.Sprint(got.facts) != fmt.Sprint(test.facts) {
				t.Errorf("the page shows %q, want %q", got.facts, test.facts)
			}
			for _, want := range test.want {
				if !strings.Contains(got.text, want) {
					t.Errorf("the page does not say %q:\n%s", want, got.text)
				}
			}
			for _, absent := range test.absent {
				if strings.Contains(got.text, absent) {
					t.Errorf("the page says %q:\n%s", absent, got.text)
				}
			}
		})
	}
}

// Nothing in the query becomes markup, a script or a request, whatever it is.
func TestWhyShowsValuesAsText(t *testing.T) {
	p := startWhy(t)
	plain := markup(p.why(t, classic).source)
	for _, test := range []struct{ name, value string }{
		{name: "script", value: `<script>document.title='owned'</script>`},
		{name: "image", value: `<img src=x onerror=document.title='owned'>`},
		{name: "closing tags", value: `</bdi></dd></dl></main><h1>owned</h1>`},
		{name: "script in attribute", value: `"onmouseover="document.title='owned'`},
		{name: "placeholder", value: `{ip}{domain}{dig}`},
		{name: "entity", value: `&lt;script&gt;alert(1)&lt;/script&gt;`},
		{name: "encoded markup", value: `%3Cimg%20src=%22http://evil.test/x%22%3E`},
		{name: "style", value: `<style>body{display:none}</style>`},
		{name: "URL", value: `javascript:document.title='owned'`},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.requested()
			got := p.why(t, "s=mfrom;id="+test.value+"@example.com;ip=192.0.2.1;r="+test.value)
			// The same elements as for an ordinary query, and a row for the recipient.
			row := "<div><dt></dt><dd><bdi></bdi></dd></div></dl><h2>"
			want := strings.Replace(plain, "</dl><h2>", row, 1)
			if m := markup(got.source); m != want {
				t.Errorf("the elements are\n%s\nwant\n%s", m, want)
			}
			if got.title != "Why was this message refused?" {
				t.Errorf("the title is %q", got.title)
			}
			for _, r := range p.requested() {
				if r != "GET why.test/" {
					t.Errorf("request: %s", r)
				}
			}
		})
	}
}

// markup returns the elements of an HTML text without what is in them.
func markup(source string) string { return strings.Join(tag.FindAllString(source, -1), "") }

// No domain that is not one gets into the command that a reader may copy.
func TestWhyOffersNoCommandForHostileDomain(t *testing.T) {
	p := startWhy(t)
	for _, domain := range []string{"$(reboot).example", "x;reboot.example", "`id`.example", "-x.example", "a b.example", "@127.0.0.1"} {
		if got := p.why(t, "s=helo;ip=192.0.2.1;id="+domain); strings.Contains(got.text, "dig ") {
			t.Errorf("%s: the page offers a command:\n%s", domain, got.text)
		}
	}
}

// Control characters, and those that change the direction of text, do not show.
func TestWhyReplacesInvisibleCharacters(t *testing.T) {
	got := startWhy(t).why(t, "s=mfrom;id=a%00%E2%80%AEb%0A@example.com;ip=192.0.2.1")
	if want := "a\ufffd\ufffdb\ufffd@example.com"; got.facts[sender] != want {
		t.Errorf("the sender is %q, want %q", got.facts[sender], want)
	}
}

func TestWhyLanguage(t *testing.T) {
	p := startWhy(t)
	const english, japanese = "Why was this message refused?", "このメールが拒否された理由"
	for _, test := range []struct{ name, query, browser, lang, title string }{
		{name: "English browser", query: classic, browser: "en-US", lang: "en", title: english},
		{name: "Japanese browser", query: classic, browser: "ja", lang: "ja", title: japanese},
		{name: "other browser", query: classic, browser: "fr-FR", lang: "en", title: english},
		{name: "second choice of the browser", query: classic, browser: "fr-FR,ja-JP", lang: "ja", title: japanese},
		{name: "query", query: classic + "&lang=ja", browser: "en-US", lang: "ja", title: japanese},
		{name: "query over browser", query: "lang=en;" + classic, browser: "ja", lang: "en", title: english},
		{name: "region in the query", query: classic + ";lang=ja-JP", browser: "en-US", lang: "ja", title: japanese},
		{name: "unknown in the query", query: classic + ";lang=__proto__", browser: "en-US", lang: "en", title: english},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := p.why(t, test.query, "--accept-lang="+test.browser)
			if got.lang != test.lang || got.title != test.title {
				t.Errorf("got %s, %s, want %s, %s", got.lang, got.title, test.lang, test.title)
			}
		})
	}
}

// Each language has all texts, with the same values in them.
func TestWhyLanguagesAreComplete(t *testing.T) {
	languages := texts(t)
	english := languages["en"]
	if len(languages) < 2 || len(english) == 0 {
		t.Fatalf("%d languages, %d texts", len(languages), len(english))
	}
	for code, translated := range languages {
		for key, text := range english {
			if got, want := shape(translated[key]), shape(text); got != want {
				t.Errorf("%s: %s has %s, want %s", code, key, got, want)
			}
		}
		for key := range translated {
			if _, ok := english[key]; !ok && key != "dir" {
				t.Errorf("%s: there is no text %s", code, key)
			}
		}
	}
}

// whyButton clicks the page's Japanese button and reports the language.
const whyButton = `<!DOCTYPE html><title>switch</title><iframe id=f src="/?` + classic + `"></iframe><script>
onload = () => {
  const d = f.contentDocument;
  d.querySelector("button[lang=ja]").click();
  document.title = d.documentElement.lang + " " + d.activeElement.lang + " " + d.querySelectorAll("button[aria-pressed=true]").length;
};
</script>`

func TestWhyLanguageSwitch(t *testing.T) {
	p := startWhy(t)
	p.serve("/switch", whyButton)
	if dom := p.dom(t, site+"/switch"); !strings.Contains(dom, "<title>ja ja 1</title>") {
		t.Errorf("after a click on Japanese:\n%s", dom)
	}
}

// Without a script the page has the general explanation, and says where the host
// and the domain are. The sandbox of the frame allows no script.
func TestWhyWithoutScript(t *testing.T) {
	page, err := os.ReadFile(whyFile)
	if err != nil {
		t.Fatal(err)
	}
	p := startWhy(t)
	p.serve("/sandbox", `<!DOCTYPE html><title>sandbox</title><iframe id=f sandbox="allow-same-origin" src="/?`+classic+`"></iframe><script>
onload = () => { document.title = f.contentDocument.body.innerText.replace(/\s+/g, " "); };
</script>`)
	dom := p.dom(t, site+"/sandbox", "--window-size=1280,2600")
	for _, want := range []string{"This page needs JavaScript", "ip= is the host", "JavaScript が無効のため", "The owner of a domain can publish", "ドメインの所有者は"} {
		if !strings.Contains(html.UnescapeString(dom), want) {
			t.Errorf("without a script the page does not say %q:\n%s", want, dom)
		}
	}
	if !bytes.Contains(page, []byte("<noscript>")) {
		t.Error("there is no noscript")
	}
}

// One request for the page, and no other, to whatever host.
func TestWhyRequestsNothing(t *testing.T) {
	p := startWhy(t)
	p.why(t, classic)
	if got := p.requested(); fmt.Sprint(got) != "[GET why.test/]" {
		t.Errorf("requests: %q", got)
	}
}
