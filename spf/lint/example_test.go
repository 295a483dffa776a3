package lint_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/lint"
)

// An audit of a record that admits everybody, and includes a name without a record.
func ExampleDomain() {
	const records = `
$TTL 300
@    SOA  ns hostmaster 1 3600 600 86400 300
@    TXT  "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 include:crm.example.org -all"
crm  TXT  "no SPF record"
`
	zone, err := dns.ParseZone(strings.NewReader(records), "example.org", "example.zone")
	if err != nil {
		log.Fatal(err)
	}
	report := lint.Domain(context.Background(), zone, "example.org", spf.DefaultLimits())
	for _, f := range report.Findings {
		if f.Kind.Severity() != lint.Info {
			fmt.Println(f.Kind.Severity(), f.Kind)
		}
	}
	fmt.Println("lookups:", report.Lookups)
	// Output:
	// broken include-no-record
	// broken pass-all
	// risky wide-network
	// risky wide-network
	// lookups: 1
}
