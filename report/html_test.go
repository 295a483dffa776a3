package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"policyd-spf/internal/html/htmltest"
)

// The numbers of JSON are on the page.
func TestHTML(t *testing.T) {
	r := sampleReport(t)
	text, _ := htmltest.Parse(t, r.HTML())
	want := []string{r.Advice.Text, "Messages" + number(r.Messages), "Refused" + number(r.Refused), "Lines read" + number(r.Logs.Lines)}
	for _, s := range r.Settings {
		want = append(want, s.Option+" = "+s.Value)
	}
	for _, f := range r.Findings {
		want = append(want, strings.Join(f.Evidence, " "))
		if f.Value != "" {
			want = append(want, f.Option+" = "+f.Value)
		}
	}
	for _, step := range r.Advice.Steps {
		want = append(want, step.Text, step.Line)
	}
	for _, d := range r.Days {
		want = append(want, d.Day+number(d.Messages))
	}
	squeezed := strings.ReplaceAll(text, "\n", "")
	for _, w := range want {
		if !strings.Contains(squeezed, w) {
			t.Errorf("%q is not on the page", w)
		}
	}
}

// hostileReport has markup wherever others choose the text.
func hostileReport(text string) *Report {
	r := &Report{Messages: 3, Days: []Day{{Day: text, Messages: 1}}}
	r.Logs.Files = []string{text}
	r.DMARC.Pass = 1
	r.Settings = []Setting{{Option: "Mail_From_reject", Value: text, Refused: 1, DMARC: DMARC{Pass: 1}}}
	r.WhatIf = []WhatIf{{Config: text, Refused: 1, Messages: []Message{{Client: text, HELO: text, Sender: text, Recipient: text, Action: text, Option: text, Value: text}}}}
	for _, k := range kindTitles {
		r.Findings = append(r.Findings, Finding{Kind: k.kind, Clients: []string{text}, Name: text, Domain: text, Evidence: []string{text}, Option: text, Value: text})
	}
	r.Advice = Advice{Text: text, Steps: []Step{{Text: text, Line: text}}, Blockers: []string{text}}
	r.Recheck = &Recheck{Causes: []Cause{{Cause: text, Differences: []Difference{{Identity: "helo", Client: text, HELO: text, Logged: text, Now: text, Error: text}, {Identity: "mailfrom", Sender: text}}}}}
	return r
}

// Whatever text a sender chooses, the page has the same elements.
func FuzzHTML(f *testing.F) {
	for _, text := range []string{"a", "<script>alert(1)</script>", "</td></tr></table>", `" onload="x`, "'><img src=x>", "&lt;", "\xff\x00\u202e", "<!--", "]]>"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" {
			return // what is empty is left out
		}
		_, want := htmltest.Parse(t, hostileReport("plain").HTML())
		if _, got := htmltest.Parse(t, hostileReport(text).HTML()); !slices.Equal(got, want) {
			t.Errorf("%q changes the elements:\n%q\nwant\n%q", text, got, want)
		}
	})
}

// A report without anything is a page, too.
func TestHTML_empty(t *testing.T) {
	text, _ := htmltest.Parse(t, (&Report{}).HTML())
	if !strings.Contains(text, "SPF report") || strings.Contains(text, "NaN") {
		t.Errorf("got %s", text)
	}
}

// Long lists are cut, and the page says so.
func TestHTML_limits(t *testing.T) {
	r := &Report{WhatIf: []WhatIf{{Config: "a", Messages: make([]Message, maxShownMessages+3)}}}
	for i := range maxPageFindings + 2 {
		r.Findings = append(r.Findings, Finding{Kind: Forwarder, Name: fmt.Sprint("host", i)})
	}
	text, elements := htmltest.Parse(t, r.HTML())
	for _, want := range []string{"3 more are in the JSON.", "2 more are in the JSON."} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	rows := 0
	for _, name := range elements {
		if name == "tr" {
			rows++
		}
	}
	if most := maxShownMessages + maxPageFindings + 20; rows > most {
		t.Errorf("%d rows, want at most %d", rows, most)
	}
}

func TestFillDays(t *testing.T) {
	for _, test := range []struct {
		name string
		days []string
		want int
	}{
		{name: "none", want: 0},
		{name: "one", days: []string{"2026-11-01"}, want: 1},
		{name: "no gap", days: []string{"2026-11-01", "2026-11-02"}, want: 2},
		{name: "gap across a month", days: []string{"2026-10-30", "2026-11-02"}, want: 4},
		{name: "gap across a change of the clock", days: []string{"2026-10-24", "2026-10-27"}, want: 4},
		{name: "too long", days: []string{"2020-01-01", "2026-11-02"}, want: 2},
		{name: "not a day", days: []string{"2026-11-01", "x"}, want: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			var days []Day
			for _, day := range test.days {
				days = append(days, Day{Day: day, Messages: 1})
			}
			got := fillDays(days)
			messages := int64(0)
			for _, d := range got {
				messages += d.Messages
			}
			if len(got) != test.want || messages != int64(len(test.days)) {
				t.Errorf("%d days with %d messages, want %d with %d", len(got), messages, test.want, len(test.days))
			}
		})
	}
}

func TestPrometheus(t *testing.T) {
	r := sampleReport(t)
	var b strings.Builder
	until := time.Date(2026, 11, 9, 12, 0, 0, 500e6, time.UTC)
	if err := r.Prometheus(&b, until.AddDate(0, 0, -1), until); err != nil {
		t.Fatal(err)
	}
	compare(t, "report.prom", b.String())
}

// Each metric has one HELP and one TYPE, before its samples, and no sample is there
// twice.
func TestPrometheus_format(t *testing.T) {
	for _, test := range []struct {
		name   string
		report *Report
	}{
		{name: "sample", report: sampleReport(t)},
		{name: "nothing", report: &Report{}},
		{name: "the same file twice", report: &Report{WhatIf: []WhatIf{{Config: "a"}, {Config: "a"}}}},
		{name: "hostile", report: hostileReport("a\"b\\c\nd\xff} 1")},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b strings.Builder
			if err := test.report.Prometheus(&b, time.Time{}, time.Time{}); err != nil {
				t.Fatal(err)
			}
			current, helps, samples := "", make(map[string]bool), make(map[string]bool)
			for line := range strings.Lines(b.String()) {
				line = strings.TrimSuffix(line, "\n")
				if help, ok := strings.CutPrefix(line, "# HELP "); ok {
					name, text, _ := strings.Cut(help, " ")
					if current = name; helps[name] || text == "" {
						t.Errorf("%s is there twice, or has no help", name)
					}
					helps[name] = true
					continue
				}
				if strings.HasPrefix(line, "#") {
					if line != "# TYPE "+current+" gauge" {
						t.Errorf("%q follows the help of %s", line, current)
					}
					continue
				}
				sample := line[:strings.LastIndexByte(line, ' ')]
				if name, _, _ := strings.Cut(sample, "{"); name != current || samples[sample] {
					t.Errorf("%q is there twice, or follows the help of %s", line, current)
				}
				samples[sample] = true
			}
			if !samples["policyd_spf_messages"] || !samples[`policyd_spf_checks{identity="helo",result="pass"}`] {
				t.Errorf("samples are missing in:\n%s", b.String())
			}
		})
	}
}

func TestEscapeLabel(t *testing.T) {
	if got, want := escapeLabel("a\"b\\c\nd\xff"), `a\"b\\c\nd`+"\ufffd"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
