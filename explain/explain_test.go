package explain

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/golden"
	"policyd-spf/internal/term"
	"policyd-spf/maillog"
	"policyd-spf/policy"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
	"policyd-spf/spf/lint"
)

// TestExplainAnswersAsTheServer: the explained reply is the one that Postfix would
// get.
func TestExplainAnswersAsTheServer(t *testing.T) {
	files, _ := filepath.Glob("../testdata/explain/*.txt")
	compared := 0
	for _, file := range files {
		g := golden.Read(t, file)
		if g.Text("peruser") != "" || len(maillog.Requests([]byte(g.Text("request")))) == 0 {
			continue
		}
		compared++
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			zone := dnsfake.Zone(t, g.Text("zone")+g.Text("dns"))
			loaded, path := load(t, g.Text("config"))
			var explained, served bytes.Buffer
			s := &Server{Loaded: loaded, Path: path, Resolver: zone}
			err := s.Explain(context.Background(), Text{In: strings.NewReader(g.Text("request"))}, func(d *Report) error {
				explained.WriteString(d.Reply + "\n\n")
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			server := policy.Server{Settings: loaded.Settings, Resolver: zone, Log: &policy.Log{}}
			if err := server.Serve(context.Background(), strings.NewReader(g.Text("request")+"\n"), &served); err != nil {
				t.Fatal(err)
			}
			if explained.String() != served.String() {
				t.Errorf("explained:\n%q\nserved:\n%q", explained.String(), served.String())
			}
		})
	}
	if compared < 10 {
		t.Errorf("only %d files compared", compared)
	}
}

// FuzzText: whatever text a client or a domain owner chooses, lines other than the
// reply have at most 80 columns of harmless characters.
func FuzzText(f *testing.F) {
	f.Add("203.0.113.9", "mail.example", "a@example", "v=spf1 a:%{p}.example exists:%{i} include:b.example -all exp=x.example")
	f.Add("2001:db8::1", strings.Repeat("x", 300), "\x1b]0;x\x07@a.example", "v=spf1 ip4:1.2.3.4 ip4:1.2.3.5 redirect=b.example")
	f.Add("192.0.2.1", "x", "\u202e@b.example", "v=spf1 ipv4:\xff -all")
	f.Add("192.0.2.1", "x", "a@a.example", "v=spf1 +a/8 mx:b.example include:a.example ?all")
	loaded := &conf.File{Settings: conf.Default()}
	loaded.Settings.TestOnly = 1
	f.Fuzz(func(t *testing.T, ip, helo, sender, record string) {
		records := anyRecord(record)
		s := &Server{Loaded: loaded, Path: "policyd-spf.conf", Resolver: records}
		request := "client_address=" + ip + "\nhelo_name=" + helo + "\nsender=" + sender + "\n"
		var d *Report
		err := s.ExplainRequest(context.Background(), request, func(document *Report) error {
			d = document
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{d.Text(term.Style{}), d.Text(term.Style{UTF8: true}), NewAudit(lint.Domain(context.Background(), records, "a.example", spf.DefaultLimits())).Text(term.Style{})} {
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				if term.Columns(line) > term.DefaultWidth && !strings.HasPrefix(line, "action=") || strings.ContainsFunc(line, func(r rune) bool {
					return r < ' ' || r == 0x7f || r >= 0x590 && !strings.ContainsRune("│├└─", r)
				}) {
					t.Errorf("%d columns: %q", term.Columns(line), line)
				}
			}
		}
	})
}

// anyRecord returns a resolver in which all names have the same record, and hosts
// have it as their name.
func anyRecord(record string) dns.Resolver {
	return dnsfake.Func(func(q dns.Question, _ time.Time) (dns.Answer, error) {
		switch q.Type {
		case dns.TypeTXT:
			return dns.Answer{TXT: [][]string{{record}}}, nil
		case dns.TypeMX, dns.TypePTR:
			return dns.Answer{Names: []string{"\x1b" + record, strings.Repeat("long-label.", 20) + "example"}}, nil
		}
		return dns.Answer{}, nil
	})
}
