package spf_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"strings"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// exampleZone has the records of example.org that the examples look up.
const exampleZone = `
$TTL 300
@              SOA  ns hostmaster 1 3600 600 86400 300
@              MX   10 mx
@              TXT  "v=spf1 mx include:_spf.example.org -all exp=why.example.org"
mx             A    192.0.2.1
_spf           TXT  "v=spf1 ip4:198.51.100.0/24 -all"
why            TXT  "%{i} may not send mail for %{o}"
broken         TXT  "v=spf1 ip4:192.0.2.300 -all"
xn--bcher-kva  TXT  "v=spf1 exists:%{l}.%{d} ~all"
`

// newChecker returns a Checker that answers from exampleZone.
func newChecker() *spf.Checker {
	zone, err := dns.ParseZone(strings.NewReader(exampleZone), "example.org", "example.zone")
	if err != nil {
		log.Fatal(err)
	}
	return &spf.Checker{Resolver: zone, Limits: spf.DefaultLimits()}
}

func ExampleChecker_CheckHost() {
	checker := newChecker()
	for _, ip := range []string{"192.0.2.1", "198.51.100.7", "203.0.113.9"} {
		v := checker.CheckHost(context.Background(), spf.Args{
			IP:     netip.MustParseAddr(ip),
			Domain: "example.org",
			Sender: "user@example.org",
			HELO:   "mail.example.org",
		})
		fmt.Printf("%s: %s by %s\n", ip, v.Result, v.Term)
		if v.Explanation != "" {
			fmt.Println(v.Explanation)
		}
	}
	// Output:
	// 192.0.2.1: pass by mx
	// 198.51.100.7: pass by include:_spf.example.org
	// 203.0.113.9: fail by -all
	// 203.0.113.9 may not send mail for example.org
}

// The reason for permerror is an error with the invalid term and its position.
func ExampleChecker_CheckHost_permerror() {
	v := newChecker().CheckHost(context.Background(), spf.Args{
		IP:     netip.MustParseAddr("192.0.2.1"),
		Domain: "broken.example.org",
		HELO:   "broken.example.org",
	})
	fmt.Println(v.Result)
	var syntax *spf.SyntaxError
	if errors.As(v.Err, &syntax) {
		fmt.Println(syntax.Record)
		fmt.Println(strings.Repeat(" ", syntax.Offset) + strings.Repeat("^", len(syntax.Term)))
	}
	// Output:
	// permerror
	// v=spf1 ip4:192.0.2.300 -all
	//        ^^^^^^^^^^^^^^^
}

// printer prints the events of a check.
type printer struct{}

func (printer) Event(event spf.Event) {
	switch e := event.(type) {
	case spf.RecordEvent:
		fmt.Println(e.Domain, e.Text)
	case spf.TermEvent:
		fmt.Println(" ", e.Term)
	case spf.VoidEvent:
		fmt.Println("    void lookup:", e.Question)
	case spf.MatchEvent:
		fmt.Println("    match:", e.Matched)
	}
}

// An Observer receives each step of an evaluation.
func ExampleObserver() {
	checker := newChecker()
	checker.Observer = printer{}
	v := checker.CheckHost(context.Background(), spf.Args{
		IP:     netip.MustParseAddr("192.0.2.1"),
		Domain: "bücher.example.org",
		Sender: "user@bücher.example.org",
	})
	fmt.Println(v.Result)
	// Output:
	// xn--bcher-kva.example.org v=spf1 exists:%{l}.%{d} ~all
	//   exists:%{l}.%{d}
	//     void lookup: user.xn--bcher-kva.example.org A
	//     match: false
	//   ~all
	//     match: true
	// softfail
}

func ExampleParse() {
	r, err := spf.Parse("v=spf1 IP4:192.0.2.0/24  -ALL")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r)
	for _, term := range r.Terms {
		fmt.Printf("%2d %s\n", term.Offset(), term.Source())
	}
	// Output:
	// v=spf1 ip4:192.0.2.0/24 -all
	//  7 IP4:192.0.2.0/24
	// 25 -ALL
}
