package explain

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"policyd-spf/conf"
	"policyd-spf/internal/term"
)

// A text without anything usable is an error, and nothing is reported.
func TestExplain_nothingUsable(t *testing.T) {
	for _, test := range []struct{ name, text string }{
		{name: "empty"},
		{name: "prose", text: "Why is my mail refused?\n"},
		{name: "request without a client", text: "helo_name=x\nsender=a@shop.example\n"},
		{name: "other attributes", text: "a=b\n"},
		{name: "field without a client", text: "Received-SPF: pass\n"},
		{name: "message without a field", text: "From: a@shop.example\nSubject: x\n\nReceived-SPF: Pass (x) identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a@shop.example; receiver=<UNKNOWN>\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := logServer(t).Explain(context.Background(), Text{In: strings.NewReader(test.text), Now: goldenTime()}, func(d *Report) error {
				t.Errorf("a report:\n%s", d.Text(term.Style{}))
				return nil
			})
			if !IsInputError(err) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A text that has a result, but not what a check needs, is an error that says so.
func TestExplain_incomplete(t *testing.T) {
	const want = "standard input: the Received-SPF field in line 2 (softfail) does not have the client's address, " +
		"which the Received field of the same message has; use --ip, --helo and --sender if you know it"
	text := "\nReceived-SPF: softfail (mx.example.net: domain of a@shop.example does not designate permitted sender)\n"
	err := logServer(t).Explain(context.Background(), Text{In: strings.NewReader(text), Now: goldenTime()}, func(d *Report) error {
		t.Errorf("a report:\n%s", d.Text(term.Style{}))
		return nil
	})
	if !IsInputError(err) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Several requests, with carriage returns and quoted, are explained one by one.
func TestExplain_severalRequests(t *testing.T) {
	text := "> client_address=192.0.2.1\r\n> helo_name=h\r\n> sender=a@shop.example\r\n> \r\n> client_address=203.0.113.9\r\n> sender=b@shop.example\r\n"
	var lines []int
	var outcomes []Outcome
	err := logServer(t).Explain(context.Background(), Text{In: strings.NewReader(text), Now: goldenTime()}, func(d *Report) error {
		lines, outcomes = append(lines, d.Source.Line), append(outcomes, d.Outcome)
		return nil
	})
	if err != nil || len(lines) != 2 || lines[0] != 1 || lines[1] != 5 || outcomes[0] != NotRefused || outcomes[1] != Rejected {
		t.Errorf("%v, lines %v, outcomes %v", err, lines, outcomes)
	}
}

// FuzzExplain: whatever is pasted, there is an error or one report, whose text is
// harmless and fits its width, and whose reply is one line.
func FuzzExplain(f *testing.F) {
	f.Add("Received-SPF: pass (google.com: domain of a@b designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;")
	f.Add("Authentication-Results: x; spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=\"a\\\"b\"; dkim=none")
	f.Add("From: x\nReceived: from h (h [IPv6:::1]); Mon, 2 Nov 2026 10:11:12 +0100\n\tx\n\n?s=mfrom;id=a@b;ip=::1;r=x")
	f.Add("?s=3Dmfrom;id=3Da=0Asender=3Dx@b;ip=3D192.0.2.1;r=3D")
	f.Add("?s=helo;id=a%0aclient_address=192.0.2.9;ip=192.0.2.1;r=x@y%0d%0a%0d%0a")
	f.Add("Nov  2 10:11:12 mx policyd-spf[1]: Pass; identity=helo; client-ip=192.0.2.1; helo=\x1b[31m; envelope-from=<>; receiver=<UNKNOWN> ")
	f.Add("SPF [\u202eb.example] with ip: [::1] = did not pass")
	loaded := &conf.File{Settings: conf.Default()}
	f.Fuzz(func(t *testing.T, text string) {
		s := &Server{Loaded: loaded, Path: "policyd-spf.conf", Resolver: anyRecord("v=spf1 ip4:192.0.2.0/24 -all")}
		reports := 0
		err := s.Explain(context.Background(), Text{In: strings.NewReader(text), Now: goldenTime()}, func(d *Report) error {
			reports++
			if strings.ContainsAny(d.Reply, "\r\n") || d.Source == nil {
				t.Errorf("reply %q, source %v", d.Reply, d.Source)
			}
			for _, style := range []term.Style{{Width: 60}, {UTF8: true, Width: 120}} {
				for line := range strings.Lines(d.Text(style)) {
					line = strings.TrimSuffix(line, "\n")
					if term.Columns(line) > style.Width && !strings.HasPrefix(line, "action=") || style.Safe(line) != strings.Map(withoutBranches, line) {
						t.Errorf("%d columns of %d: %q", term.Columns(line), style.Width, line)
					}
				}
				if brief := d.Brief(style); strings.ContainsAny(brief, "\r\n\x1b") {
					t.Errorf("brief %q", brief)
				}
			}
			return d.JSON(&bytes.Buffer{})
		})
		if (err == nil) != (reports > 0) || err != nil && !IsInputError(err) {
			t.Errorf("%d reports, error %v", reports, err)
		}
	})
}

// withoutBranches replaces the lines of trees, which Safe does not know.
func withoutBranches(r rune) rune {
	if strings.ContainsRune("│├└─", r) {
		return '?'
	}
	return r
}

// A refusal by Postfix for another reason is not compared with the result of SPF.
func TestExplain_refusedForAnotherReason(t *testing.T) {
	const line = "Nov  2 10:11:12 mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example; from=<a@shop.example> to=<r@example.net> proto=ESMTP helo=<h.example>\n"
	err := logServer(t).Explain(context.Background(), Text{In: strings.NewReader(line), Now: goldenTime()}, func(d *Report) error {
		const want = "recorded: refused, but not because of SPF: 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example"
		if text := d.Text(term.Style{Width: 200}); d.Source.Recorded != nil || len(d.Source.Differences) > 0 || !strings.Contains(text, want) {
			t.Errorf("%+v\n%s", d.Source, text)
		}
		if brief := d.Brief(term.Style{}); !strings.Contains(brief, want) {
			t.Errorf("brief: %s", brief)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
