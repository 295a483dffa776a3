package dns

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const testZone = `
$ORIGIN example.
$TTL 300
@        SOA   ns hostmaster 1 3600 600 86400 60
@        NS    ns
@        MX    20 second
@        MX    10 first
@        MX    20 third
ns       A     192.0.2.53
txt      TXT   "v=spf1 " "a -all" ; two strings
txt 30   TXT   "quote \" backslash \\ octet \195"
both     A     192.0.2.1
both     AAAA  2001:db8::1
a.b.c    A     192.0.2.2
alias 20 CNAME txt
alias2   CNAME alias
out      CNAME www.elsewhere.test.
loop     CNAME pool
pool     CNAME loop
self     CNAME self
*.wild   TXT   "wild"
sub.wild A     192.0.2.3
*.aka    CNAME txt
down     NS    ns.down
ns.down  A     192.0.2.54
own      SOA   ns hostmaster 1 3600 600 86400 10
own      NS    ns
a.own    A     192.0.2.4
null     MX    0 .
1.2.0.192.in-addr.arpa. PTR b.Example.
1.2.0.192.in-addr.arpa. PTR a.example.
c0 CNAME c1
c1 CNAME c2
c2 CNAME c3
c3 CNAME c4
c4 CNAME c5
c5 CNAME c6
c6 CNAME c7
c7 CNAME c8
c8 CNAME c9
c9 CNAME c10
c10 CNAME c11
c11 TXT "end"
`

func TestZone(t *testing.T) {
	z, err := ParseZone(strings.NewReader(testZone), "", "test.zone")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		typ  Type
		want string
	}{
		{"txt.example", TypeTXT, `["v=spf1 " "a -all"] ["quote \" backslash \\ octet \xc3"] 30`},
		{"example", TypeMX, `"first.example" "second.example" "third.example" 300`},
		{"both.example", TypeA, `192.0.2.1 300`},
		{"both.example", TypeAAAA, `2001:db8::1 300`},
		{"both.example", TypeTXT, `NODATA 60`},
		{"1.2.0.192.in-addr.arpa", TypePTR, `"b.example" "a.example" 300`},
		{"null.example", TypeMX, `"" 300`},
		{"missing.example", TypeTXT, `NXDOMAIN 60`},
		{"below.txt.example", TypeTXT, `NXDOMAIN 60`},
		{"b.c.example", TypeA, `NODATA 60`},
		{"c.example", TypeA, `NODATA 60`},
		{"elsewhere.test", TypeA, `NXDOMAIN 0`},
		{"", TypeTXT, `NODATA 0`},

		{"alias.example", TypeTXT, `["v=spf1 " "a -all"] ["quote \" backslash \\ octet \xc3"] 20`},
		{"alias2.example", TypeTXT, `["v=spf1 " "a -all"] ["quote \" backslash \\ octet \xc3"] 20`},
		{"alias.example", TypeA, `NODATA 20`},
		{"out.example", TypeA, `NXDOMAIN 0`},
		{"loop.example", TypeA, `NODATA 0`},
		{"self.example", TypeA, `NODATA 0`},
		{"c0.example", TypeTXT, `limit 10`},
		{"c1.example", TypeTXT, `["end"] 300`},

		{"x.wild.example", TypeTXT, `["wild"] 300`},
		{"y.x.wild.example", TypeTXT, `["wild"] 300`},
		{"*.wild.example", TypeTXT, `["wild"] 300`},
		{"wild.example", TypeTXT, `NODATA 60`},
		{"x.wild.example", TypeA, `NODATA 60`},
		{"sub.wild.example", TypeTXT, `NODATA 60`},
		{"x.sub.wild.example", TypeTXT, `NXDOMAIN 60`}, // RFC 4592, 2.2.1
		{"x.aka.example", TypeTXT, `["v=spf1 " "a -all"] ["quote \" backslash \\ octet \xc3"] 30`},

		{"down.example", TypeTXT, `SERVFAIL`},
		{"x.y.down.example", TypeTXT, `SERVFAIL`},
		{"ns.down.example", TypeA, `SERVFAIL`},
		{"example", TypeTXT, `NODATA 60`},
		{"own.example", TypeTXT, `NODATA 10`},
		{"a.own.example", TypeA, `192.0.2.4 300`},
		{"b.own.example", TypeA, `NXDOMAIN 10`},
	} {
		t.Run(fmt.Sprint(test.name, " ", test.typ), func(t *testing.T) {
			if got := describe(z.Lookup(Question{test.name, test.typ}, noTime)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestZoneFallback(t *testing.T) {
	z, err := ParseZone(strings.NewReader(testZone), "", "test.zone")
	if err != nil {
		t.Fatal(err)
	}
	z.Fallback = resolverFunc(func(q Question, _ time.Time) (Answer, error) {
		return Answer{TXT: [][]string{{"asked " + q.String()}}, TTL: time.Minute}, nil
	})
	for _, test := range []struct {
		name string
		typ  Type
		want string
	}{
		{"both.example", TypeA, `192.0.2.1 300`},
		{"both.example", TypeMX, `["asked both.example MX"] 60`},
		{"missing.example", TypeA, `["asked missing.example A"] 60`},
		{"down.example", TypeA, `["asked down.example A"] 60`},
		{"out.example", TypeA, `["asked www.elsewhere.test A"] 60`},
		{"alias.example", TypeA, `["asked txt.example A"] 20`},
		{"x.wild.example", TypeTXT, `["wild"] 300`},
	} {
		t.Run(fmt.Sprint(test.name, " ", test.typ), func(t *testing.T) {
			if got := describe(z.Lookup(Question{test.name, test.typ}, noTime)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestZoneOutOfTime(t *testing.T) {
	z, err := ParseZone(strings.NewReader(testZone), "", "test.zone")
	if err != nil {
		t.Fatal(err)
	}
	_, err = z.Lookup(Question{"txt.example", TypeTXT}, time.Now())
	wantKind(t, err, OutOfTime)
}

func TestZoneOriginAndDefaults(t *testing.T) {
	z, err := ParseZone(strings.NewReader("www A 192.0.2.1\nabs.test. A 192.0.2.2\n"), "Example.Org", "test.zone")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"www.example.org": "192.0.2.1 3600",
		"abs.test":        "192.0.2.2 3600",
		"example.org":     "NODATA 0",
	} {
		if got := describe(z.Lookup(Question{name, TypeA}, noTime)); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// The size is that of the message in which a name server would send the data.
func TestZoneSize(t *testing.T) {
	z, err := ParseZone(strings.NewReader("x.test. TXT \"0123456789\"\nx.test. A 192.0.2.1\ny.test. CNAME x\n"), "test", "test.zone")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{
		"x.test": 12 + 8 + 4 + 12 + 11,
		"y.test": 12 + 8 + 4 + (12 + 4) + 12 + 11,
		"z.test": 12 + 8 + 4,
	} {
		if a, err := z.Lookup(Question{name, TypeTXT}, noTime); a.Size != want || err != nil {
			t.Errorf("%s: %d octets, want %d (%v)", name, a.Size, want, err)
		}
	}
}

func TestZoneErrors(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
	}{
		{"bad address", "a A 192.0.2.1\nb A 192.0.2\n", `test.zone:2:11: bad A A: "192.0.2"`},
		{"open quote", "a TXT \"v=spf1\n", `test.zone:1:`},
		{"include", "$INCLUDE /etc/passwd\n", `test.zone:1:20: $INCLUDE directive not allowed: "/etc/passwd"`},
		{"unknown type", "a SPFX x\n", `test.zone:1:`},
		{"alias beside data", "a CNAME b\na TXT \"x\"\n", `test.zone: a: expected no other records beside a CNAME record`},
		{"two aliases", "a CNAME b\na CNAME c\n", `test.zone: a: expected no other records beside a CNAME record`},
		{"dot in label", `a\.b A 192.0.2.1`, `test.zone: a\.b.: a dot within a label is not supported`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseZone(strings.NewReader(test.text), "", "test.zone")
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestReadZone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zone")
	if _, err := ReadZone(path, ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("a A 192.0.2.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	z, err := ReadZone(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := describe(z.Lookup(Question{"a", TypeA}, noTime)); got != "192.0.2.1 3600" {
		t.Errorf("got %s", got)
	}
}

// The demo's zone, as its readers will copy it.
func TestDemoZone(t *testing.T) {
	z, err := ReadZone("../../testdata/demo/demo.zone", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"shop.example": `["v=spf1 mx ip4:192.0.2.1 -all"] 300`,
		"down.example": "SERVFAIL",
	} {
		if got := describe(z.Lookup(Question{name, TypeTXT}, noTime)); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

type resolverFunc func(Question, time.Time) (Answer, error)

func (f resolverFunc) Lookup(q Question, deadline time.Time) (Answer, error) { return f(q, deadline) }
