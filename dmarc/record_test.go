package dmarc

import (
	"testing"

	"policyd-spf/spf/dns"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       Record
		invalid    bool
	}{
		{name: "reject", text: "v=DMARC1; p=reject", want: Record{Policy: Reject, SubdomainPolicy: Reject, PSD: PSDUnknown}},
		{name: "quarantine", text: "v=DMARC1;p=quarantine;", want: Record{Policy: Quarantine, SubdomainPolicy: Quarantine, PSD: PSDUnknown}},
		{name: "none", text: "v=DMARC1; p=none; rua=mailto:a@example.com", want: Record{Policy: None, SubdomainPolicy: None, PSD: PSDUnknown}},
		{name: "subdomains", text: "v=DMARC1; p=reject; sp=none", want: Record{Policy: Reject, SubdomainPolicy: None, PSD: PSDUnknown}},
		{name: "no p", text: "v=DMARC1", want: Record{Policy: None, SubdomainPolicy: None, PSD: PSDUnknown}},
		{name: "no p but sp", text: "v=DMARC1; sp=reject", want: Record{Policy: None, SubdomainPolicy: Reject, PSD: PSDUnknown}},
		{name: "public suffix", text: "v=DMARC1; p=reject; psd=y", want: Record{Policy: Reject, SubdomainPolicy: Reject, PSD: PSDYes}},
		{name: "no public suffix", text: "v=DMARC1; psd=n; p=reject", want: Record{Policy: Reject, SubdomainPolicy: Reject, PSD: PSDNo}},
		{name: "bad psd", text: "v=DMARC1; psd=x; p=reject", want: Record{Policy: Reject, SubdomainPolicy: Reject, PSD: PSDUnknown}},
		{name: "test mode", text: "v=DMARC1; p=reject; t=y", want: Record{Policy: Reject, SubdomainPolicy: Reject, PSD: PSDUnknown, Testing: true}},
		{name: "test mode in capitals", text: "v=DMARC1; p=reject; T=Y", want: Record{Policy: Reject, SubdomainPolicy: Reject, PSD: PSDUnknown, Testing: true}},
		{name: "white space", text: "v = DMARC1 ;\tp = reject ; sp\t=none", want: Record{Policy: Reject, SubdomainPolicy: None, PSD: PSDUnknown}},
		{name: "names and values in capitals", text: "V=DMARC1; P=REJECT", want: Record{Policy: Reject, SubdomainPolicy: Reject, PSD: PSDUnknown}},
		{name: "unknown tags", text: "v=DMARC1; pct=50; x; =y; p=reject", want: Record{Policy: Reject, SubdomainPolicy: Reject, PSD: PSDUnknown}},
		{name: "bad p with reports", text: "v=DMARC1; p=rejct; rua=mailto:a@example.com", want: Record{Policy: None, SubdomainPolicy: None, PSD: PSDUnknown}},
		{name: "bad sp with reports", text: "v=DMARC1; p=reject; sp=x; rua=x, mailto:a@example.com!10m", want: Record{Policy: None, SubdomainPolicy: None, PSD: PSDUnknown}},
		{name: "bad p", text: "v=DMARC1; p=rejct", invalid: true},
		{name: "bad np", text: "v=DMARC1; p=reject; np=x", invalid: true},
		{name: "bad p, reports without scheme", text: "v=DMARC1; p=; rua=a@example.com", invalid: true},
		{name: "bad p, reports with nothing after the scheme", text: "v=DMARC1; p=; rua=mailto:", invalid: true},
		{name: "bad p, reports with a space within", text: "v=DMARC1; p=; rua=mailto:a @example.com", invalid: true},
		{name: "bad p, reports with a tab within", text: "v=DMARC1; p=; rua=mailto:a\t@example.com", invalid: true},
		{name: "bad p, a bad scheme", text: "v=DMARC1; p=; rua=1x:y", invalid: true},
		{name: "another version", text: "v=DMARC2; p=reject", invalid: true},
		{name: "version in lower case", text: "v=dmarc1; p=reject", invalid: true},
		{name: "version is not first", text: "p=reject; v=DMARC1", invalid: true},
		{name: "space first", text: " v=DMARC1; p=reject", invalid: true},
		{name: "SPF", text: "v=spf1 -all", invalid: true},
		{name: "empty", text: "", invalid: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := Parse(test.text)
			if ok == test.invalid || ok && got != test.want {
				t.Errorf("%+v, valid %t; want %+v, %t", got, ok, test.want, !test.invalid)
			}
		})
	}
}

func TestSelectRecord(t *testing.T) {
	for _, test := range []struct {
		name string
		txt  [][]string
		want Policy
		ok   bool
	}{
		{name: "one", txt: [][]string{{"v=DMARC1; p=reject"}}, want: Reject, ok: true},
		{name: "several strings", txt: [][]string{{"v=DMARC1; p=rej", "ect"}}, want: Reject, ok: true},
		{name: "beside others", txt: [][]string{{"x"}, {"v=DMARC1; p=none"}, {"v=spf1 -all"}}, want: None, ok: true},
		{name: "two", txt: [][]string{{"v=DMARC1; p=none"}, {"v=DMARC1; p=reject"}}},
		{name: "two, one of them not valid", txt: [][]string{{"v=DMARC1; p=x"}, {"v=DMARC1; p=reject"}}},
		{name: "others only", txt: [][]string{{"v=spf1 -all"}}},
		{name: "none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, ok := selectRecord(dns.Answer{TXT: test.txt}); ok != test.ok || got.Policy != test.want {
				t.Errorf("%+v, %t; want %v, %t", got, ok, test.want, test.ok)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("v=DMARC1; p=reject; sp=none; rua=mailto:a@example.com")
	f.Fuzz(func(t *testing.T, text string) {
		if r, ok := Parse(text); ok && (r.Policy == NoPolicy || r.SubdomainPolicy == NoPolicy) {
			t.Errorf("a valid record without policy: %+v", r)
		}
	})
}
