package spf

import (
	"context"
	"strings"
	"testing"
)

// An internationalized domain is checked against its own record (RFC 8616, 4).
func TestCheckHost_internationalizedDomain(t *testing.T) {
	zone := `
		fass.example TXT v=spf1 ip4:192.0.2.1 -all
		xn--fa-hia.example TXT v=spf1 -all
		xn--bcher-kva.example TXT v=spf1 exists:%{d}.d.example exists:%{o}.o.example exists:%{h}.h.example -all
		xn--mnch-5qa.example.h.example A 127.0.0.2
		xn--n3h.example TXT v=spf1 +all
		i.example TXT v=spf1 include:%{h} ?all
		r.example TXT v=spf1 redirect=%{h}
		x.example TXT v=spf1 -include:i%{h} -exists:i%{h} -a:i%{h} -mx:i%{h} -ptr:i%{h} ~all`
	tests := []struct {
		name   string
		sender string
		helo   string
		want   Result
		err    string
	}{
		{name: "sharp s", sender: "u@faß.example", want: Fail},
		{name: "double s", sender: "u@fass.example", want: Pass},
		{name: "macros", sender: "u@bücher.example", helo: "mönch.example.", want: Pass},
		{name: "ideographic full stops", sender: "u@fass。example。", want: Pass},
		{name: "symbol", sender: "u@☃.example", want: None},
		{name: "symbol in an A-label", sender: "u@xn--n3h.example", want: Pass},
		{name: "misplaced joiner", sender: "u@fa\u200Dss.example", want: None},
		{name: "A-label too long", sender: "u@" + strings.Repeat("ü", 60) + ".example", want: None},
		{name: "not UTF-8", sender: "u@\uFFFD.example", want: Permerror, err: "\uFFFD.example cannot be written as a DNS name"},
		{name: "mechanisms without A-label", sender: "u@x.example", helo: "☃.example", want: Softfail},
		{name: "include without A-label", sender: "u@i.example", helo: "☃.example", want: Neutral},
		{name: "include that is not UTF-8", sender: "u@i.example", helo: "\uFFFD.example", want: Neutral},
		{name: "redirect without A-label", sender: "u@r.example", helo: "☃.example", want: Permerror, err: "☃.example is redirected to, but has no SPF record"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			q := query("192.0.2.1", test.sender)
			q.HELO = test.helo
			v := (&Checker{Resolver: newZoneResolver(zone), Limits: DefaultLimits()}).CheckHost(context.Background(), q)
			got := ""
			if v.Err != nil {
				got = v.Err.Error()
			}
			if v.Result != test.want || got != test.err {
				t.Errorf("got %v (%s), want %v (%s)", v.Result, got, test.want, test.err)
			}
		})
	}
}
