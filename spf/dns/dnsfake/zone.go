package dnsfake

import (
	"strings"
	"testing"

	"policyd-spf/spf/dns"
)

// Zone returns the zone of a zone file's text.
func Zone(t testing.TB, text string) *dns.Zone {
	t.Helper()
	z, err := dns.ParseZone(strings.NewReader(text), "", "zone")
	if err != nil {
		t.Fatal(err)
	}
	return z
}
