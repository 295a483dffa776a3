package explain

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"policyd-spf/conf"
	"policyd-spf/internal/html"
	"policyd-spf/internal/html/htmltest"
	"policyd-spf/spf"
	"policyd-spf/spf/dns/dnsfake"
	"policyd-spf/spf/lint"
)

// FuzzHTML: whatever text a client or a domain owner chooses, the page has only
// elements of ours, and JSON's values are in its text.
func FuzzHTML(f *testing.F) {
	f.Add("203.0.113.9", "mail.example", "a@example", "v=spf1 a:%{p}.example exists:%{i} include:b.example -all exp=x.example")
	f.Add("192.0.2.1", "<script>", `"><img src=x>"@a.example`, "v=spf1 <b>:x -all")
	f.Add("192.0.2.1", "x", "</bdi></article>@b.example", "v=spf1 ipv4:&lt; -all")
	f.Add("192.0.2.1", "x", "\u202e\xff@b.example", "v=spf1 mx:<!--.example ?all")
	ours := make(map[string]bool)
	for name := range strings.FieldsSeq("article section h1 h2 h3 div p dl dt dd ul li bdi span strong pre code mark table caption thead tbody tr th td") {
		ours[name] = true
	}
	loaded := &conf.File{Settings: conf.Default()}
	f.Fuzz(func(t *testing.T, ip, helo, sender, record string) {
		records := anyRecord(record)
		s := &Server{Loaded: loaded, Path: "policyd-spf.conf", Resolver: records}
		request := "client_address=" + ip + "\nhelo_name=" + helo + "\nsender=" + sender + "\n"
		var d *Report
		if err := s.ExplainRequest(context.Background(), request, func(report *Report) error { d = report; return nil }); err != nil {
			t.Fatal(err)
		}
		audit := NewAudit(lint.Domain(context.Background(), records, "a.example", spf.DefaultLimits()))
		for _, e := range []*html.Element{d.HTML(), audit.HTML()} {
			text, elements := htmltest.Parse(t, e)
			for _, name := range elements {
				if !ours[name] {
					t.Errorf("element %q in:\n%s", name, e)
				}
			}
			if strings.ContainsAny(text, "\x00\x1b\u202e") {
				t.Errorf("control characters in %q", text)
			}
		}
	})
}

// Each text, name and number of JSON that people need is on the page.
func TestHTML_hasWhatJSONHas(t *testing.T) {
	zone := dnsfake.Zone(t, `$ORIGIN example.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 300
a TXT "v=spf1 mx include:b.example exists:%{i}.c.example -all exp=why.example"
a MX 10 h
h A 192.0.2.1
b TXT "v=spf1 ip4:198.51.100.0/24 ?all"
why TXT "<b>%{i}</b> may not send"
`)
	loaded, path := load(t, "Mail_From_reject = Fail\n")
	s := &Server{Loaded: loaded, Path: path, Resolver: zone}
	var d *Report
	request := "client_address=203.0.113.9\nhelo_name=h.example\nsender=<i>@a.example\nrecipient=you@mx.test\n"
	if err := s.ExplainRequest(t.Context(), request, func(report *Report) error { d = report; return nil }); err != nil {
		t.Fatal(err)
	}
	audit := NewAudit(lint.Domain(t.Context(), zone, "a.example", spf.DefaultLimits()))
	for _, test := range []struct {
		name     string
		document any
		html     *html.Element
		ignored  []string // names of JSON whose values are said in other words, and values
	}{
		{name: "report", document: d, html: d.HTML(), ignored: []string{"decision", "outcome", "action", "identity", "reason", "source", "postmaster@h.example"}},
		{name: "audit", document: audit, html: audit.HTML(), ignored: []string{"kind", "severity"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			text, _ := htmltest.Parse(t, test.html)
			encoded, err := json.Marshal(test.document)
			if err != nil {
				t.Fatal(err)
			}
			var values any
			if err := json.Unmarshal(encoded, &values); err != nil {
				t.Fatal(err)
			}
			missing(t, text, test.ignored, "", values)
		})
	}
}

// missing reports the strings in a JSON value that are not in a text.
func missing(t *testing.T, text string, ignored []string, name string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			missing(t, text, ignored, name, member)
		}
	case []any:
		for _, element := range value {
			missing(t, text, ignored, name, element)
		}
	case string:
		if !slices.Contains(ignored, name) && !slices.Contains(ignored, value) && !strings.Contains(text, value) {
			t.Errorf("%s: %q is not on the page:\n%s", name, value, text)
		}
	}
}
