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
// An editor puts a byte order mark before the first name.
func TestZone_byteOrderMark(t *testing.T) {
	z := parseZone(t, "\uFEFFa TXT \"v=spf1 -all\"\r\n", "test")
	if a, err := z.Lookup(Question{Name: "a.test", Type: TypeTXT}, time.Time{}); err != nil || len(a.TXT) != 1 {
		t.Errorf("got %v, %v", a, err)
	}
}

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
		{"bad address", "a A 192.0.2.1\nb A 192.0.2\n", `test.zone:2:11: not the data of a record of type A: "192.0.2"`},
		{"open quote", "a TXT \"v=spf1\n", `test.zone:1:6: a string of a TXT record without its closing quotation mark`},
		{"record without a name and a type", "v=spf1 ip4:192.0.2.1 -all\n", `test.zone:1:21: expected the type of a record, such as TXT, not "ip4:192.0.2.1"; a record is a name, a type and its data: example.com. TXT "v=spf1 -all"`},
		{"include", "$INCLUDE /etc/passwd\n", `test.zone:1:20: $INCLUDE directive not allowed: "/etc/passwd"`},
		{"unknown type", "a SPFX x\n", `test.zone:1:`},
		{"alias beside data and its signature", "a CNAME b\na TXT \"x\"\na NSEC b CNAME\n", `test.zone: a: expected no other records beside a CNAME record`},
		{"two DNAME records", "a DNAME b\na DNAME c\n", `test.zone: a: expected one DNAME record`},
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

// parseZone parses the text of a zone file.
func parseZone(t *testing.T, text, origin string) *Zone {
	t.Helper()
	z, err := ParseZone(strings.NewReader(text), origin, "test.zone")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestZoneDNSSECBesideAlias(t *testing.T) {
	z := parseZone(t, `a CNAME b
a RRSIG CNAME 8 2 300 20300101000000 20200101000000 1 test. AAAA
a NSEC b CNAME RRSIG NSEC
b TXT "x"
`, "test")
	if got := describe(z.Lookup(Question{"a.test", TypeTXT}, noTime)); got != `["x"] 3600` {
		t.Errorf("got %s", got)
	}
}

func TestZoneIdenticalRecordsCountOnce(t *testing.T) {
	z := parseZone(t, "a TXT \"v=spf1 -all\"\nA 60 TXT \"v=spf1 -all\"\na TXT \"v=spf1 \" \"-all\"\nb CNAME a\nb CNAME a\n", "test")
	if got := describe(z.Lookup(Question{"b.test", TypeTXT}, noTime)); got != `["v=spf1 -all"] ["v=spf1 " "-all"] 60` {
		t.Errorf("got %s", got)
	}
}

func TestZoneDNAME(t *testing.T) {
	long := strings.Repeat(strings.Repeat("x", 60)+".", 3)
	z := parseZone(t, `
old DNAME new
old TXT "own"
a.old TXT "hidden"
a.new TXT "moved"
new 60 MX 10 mail.old
mail.new A 192.0.2.1
wide DNAME `+long+`far
loop DNAME a.loop
`, "test")
	for name, want := range map[string]string{
		"a.old.test":       `["moved"] 3600`,
		"old.test":         `["own"] 3600`, // RFC 6672, 2.3: not its owner
		"b.old.test":       `NXDOMAIN 0`,
		long + "wide.test": `YXDOMAIN`,
		"a.loop.test":      `limit 10`,
	} {
		if got := describe(z.Lookup(Question{name, TypeTXT}, noTime)); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	a, err := z.Lookup(Question{"mail.old.test", TypeA}, noTime)
	if !a.Alias || len(a.Addrs) != 1 || err != nil {
		t.Errorf("mail.old.test: %+v, %v", a, err)
	}
}

func TestZoneAlias(t *testing.T) {
	z := parseZone(t, testZone, "")
	for name, want := range map[string]bool{"txt.example": false, "alias.example": true, "out.example": true} {
		if a, _ := z.Lookup(Question{name, TypeTXT}, noTime); a.Alias != want {
			t.Errorf("%s: alias %v", name, a.Alias)
		}
	}
}

func TestZoneLongStrings(t *testing.T) {
	record := func(n int) string { return "v=spf1 " + strings.Repeat("a ", (n-7)/2) + strings.Repeat("x", (n-7)%2) }
	for _, test := range []struct {
		name, text, want string // "" for no error
	}{
		{"255 bytes", `a TXT "` + record(255) + `"`, ""},
		{"256 bytes", `a TXT "` + record(256) + `"`, `test.zone:1:7: a string of 256 bytes; a string of a TXT record has at most 255 (RFC 1035, 3.3.14). Split it, in one record: "...a a a a a a a a a a a a " "x"`},
		{"256 bytes with escapes for one", `a TXT "\065` + record(254) + `"`, ""},
		{"two strings", `a TXT "` + record(250) + `" "` + record(250) + `"`, ""},
		{"the second of two", "a IN 300 TXT ( \"x\" ; one\n \"" + record(300) + `" )`, `test.zone:2:2: a string of 300 bytes`},
		{"without quotes", "a TXT " + strings.Repeat("x", 256), `test.zone:1:7: a string of 256 bytes`},
		{"no owner", "a A 192.0.2.1\n  TXT " + strings.Repeat("x", 256), `test.zone:2:7: a string of 256 bytes`},
		{"an owner txt", "txt TXT \"" + record(300) + `"`, `test.zone:1:9: a string of 300 bytes`},
		{"another type", "txt A 192.0.2.1\na DNSKEY 256 3 8 " + strings.Repeat("AAAA", 100), ""},
		{"a comment", "a A 192.0.2.1 ; TXT \"" + record(300) + `"`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseZone(strings.NewReader(test.text+"\n"), "", "test.zone")
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestZoneOriginHint(t *testing.T) {
	for _, test := range []struct {
		name, text, origin, want string
	}{
		{"with $ORIGIN", "$ORIGIN example.com.\n@ TXT \"x\"\nwww A 192.0.2.1\n", "", ""},
		{"with --origin", "@ TXT \"x\"\nwww A 192.0.2.1\n", "example.com", ""},
		{"absolute names", "example.com. TXT \"x\"\nwww.example.com. A 192.0.2.1\n", "", ""},
		{"a zone of one label", "$ORIGIN example.\n@ NS ns\nns A 192.0.2.1\n", "", ""},
		{"no origin", "www A 192.0.2.1\nsel._domainkey TXT \"x\"\n", "", "the file has records for the top-level name www,"},
		{"no origin, but an apex", "@ TXT \"x\"\n", "", "the file has records for the root,"},
		{"no final dot", "$ORIGIN example.com.\nwww.example.com A 192.0.2.1\n", "", "www.example.com.example.com repeats"},
		{"no final dot of a target", "$ORIGIN example.com.\n@ MX 10 mail.example.com\n", "", "mail.example.com.example.com repeats"},
		{"the same label twice", "$ORIGIN com.\na.a A 192.0.2.1\n", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := parseZone(t, test.text, test.origin).OriginHint()
			if test.want == "" && got != "" || !strings.HasPrefix(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzCheckStrings(f *testing.F) {
	f.Add("a TXT ( \"x\\034\" ; c\n\"y\" )\n b 300 IN TXT z\\")
	f.Fuzz(func(t *testing.T, text string) {
		checkStrings(text, "test.zone") // ends, and does not panic
	})
}
