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
		{name: "txt.example", typ: TypeTXT, want: `["v=spf1 " "a -all"] ["quote \" backslash \\ octet \xc3"] 30`},
		{name: "example", typ: TypeMX, want: `"first.example" "second.example" "third.example" 300`},
		{name: "both.example", typ: TypeA, want: `192.0.2.1 300`},
		{name: "both.example", typ: TypeAAAA, want: `2001:db8::1 300`},
		{name: "both.example", typ: TypeTXT, want: `NODATA 60`},
		{name: "1.2.0.192.in-addr.arpa", typ: TypePTR, want: `"b.example" "a.example" 300`},
		{name: "null.example", typ: TypeMX, want: `"" 300`},
		{name: "missing.example", typ: TypeTXT, want: `NXDOMAIN 60`},
		{name: "below.txt.example", typ: TypeTXT, want: `NXDOMAIN 60`},
		{name: "b.c.example", typ: TypeA, want: `NODATA 60`},
		{name: "c.example", typ: TypeA, want: `NODATA 60`},
		{name: "elsewhere.test", typ: TypeA, want: `NXDOMAIN 0`},
		{name: "", typ: TypeTXT, want: `NODATA 0`},

		{name: "alias.example", typ: TypeTXT, want: `["v=spf1 " "a -all"] ["quote \" backslash \\ octet \xc3"] 20`},
		{name: "alias2.example", typ: TypeTXT, want: `["v=spf1 " "a -all"] ["quote \" backslash \\ octet \xc3"] 20`},
		{name: "alias.example", typ: TypeA, want: `NODATA 20`},
		{name: "out.example", typ: TypeA, want: `NXDOMAIN 0`},
		{name: "loop.example", typ: TypeA, want: `NODATA 0`},
		{name: "self.example", typ: TypeA, want: `NODATA 0`},
		{name: "c0.example", typ: TypeTXT, want: `limit 10`},
		{name: "c1.example", typ: TypeTXT, want: `["end"] 300`},

		{name: "x.wild.example", typ: TypeTXT, want: `["wild"] 300`},
		{name: "y.x.wild.example", typ: TypeTXT, want: `["wild"] 300`},
		{name: "*.wild.example", typ: TypeTXT, want: `["wild"] 300`},
		{name: "wild.example", typ: TypeTXT, want: `NODATA 60`},
		{name: "x.wild.example", typ: TypeA, want: `NODATA 60`},
		{name: "sub.wild.example", typ: TypeTXT, want: `NODATA 60`},
		{name: "x.sub.wild.example", typ: TypeTXT, want: `NXDOMAIN 60`}, // RFC 4592, 2.2.1
		{name: "x.aka.example", typ: TypeTXT, want: `["v=spf1 " "a -all"] ["quote \" backslash \\ octet \xc3"] 30`},

		{name: "down.example", typ: TypeTXT, want: `SERVFAIL`},
		{name: "x.y.down.example", typ: TypeTXT, want: `SERVFAIL`},
		{name: "ns.down.example", typ: TypeA, want: `SERVFAIL`},
		{name: "example", typ: TypeTXT, want: `NODATA 60`},
		{name: "own.example", typ: TypeTXT, want: `NODATA 10`},
		{name: "a.own.example", typ: TypeA, want: `192.0.2.4 300`},
		{name: "b.own.example", typ: TypeA, want: `NXDOMAIN 10`},
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
		{name: "both.example", typ: TypeA, want: `192.0.2.1 300`},
		{name: "both.example", typ: TypeMX, want: `["asked both.example MX"] 60`},
		{name: "missing.example", typ: TypeA, want: `["asked missing.example A"] 60`},
		{name: "down.example", typ: TypeA, want: `["asked down.example A"] 60`},
		{name: "out.example", typ: TypeA, want: `["asked www.elsewhere.test A"] 60`},
		{name: "alias.example", typ: TypeA, want: `["asked txt.example A"] 20`},
		{name: "x.wild.example", typ: TypeTXT, want: `["wild"] 300`},
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
		{name: "bad address", text: "a A 192.0.2.1\nb A 192.0.2\n", want: `test.zone:2:11: not the data of a record of type A: "192.0.2"`},
		{name: "open quote", text: "a TXT \"v=spf1\n", want: `test.zone:1:6: a string of a TXT record without its closing quotation mark`},
		{name: "record without a name and a type", text: "v=spf1 ip4:192.0.2.1 -all\n", want: `test.zone:1:21: expected the type of a record, such as TXT, not "ip4:192.0.2.1"; a record is a name, a type and its data: example.com. TXT "v=spf1 -all"`},
		{name: "include", text: "$INCLUDE /etc/passwd\n", want: `test.zone:1:20: $INCLUDE is not supported; put the records of "/etc/passwd" into this file`},
		{name: "open parenthesis", text: "a A 192.0.2.1\nb TXT ( \"(\" ; (\n \"x\"\nc A 192.0.2.2\n", want: `test.zone:2:7: a parenthesis that is not closed`},
		{name: "open parenthesis of another type", text: "a A ( 192.0.2.1\nb A 192.0.2.2\n", want: `test.zone:1:5: a parenthesis that is not closed`},
		{name: "closing parenthesis", text: "a TXT \"v=spf1 -all\" )\n", want: `test.zone:1:21: a closing parenthesis without an opening one`},
		{name: "closing parenthesis of another type", text: "a A 192.0.2.1 )\n", want: `test.zone:1:15: a closing parenthesis without an opening one`},
		{name: "more data", text: "a A 192.0.2.1 192.0.2.2\n", want: `test.zone:1:23: after the data of a record: "192.0.2.2"`},
		{name: "no type", text: "a \"v=spf1 -all\"\n", want: `test.zone:1:3: expected the type of a record, such as TXT, not "\""; a record is`},
		{name: "no type after a class", text: "a IN \"v=spf1 -all\"\n", want: `test.zone:1:6: expected the type of a record, such as TXT, not "\""; a record is`},
		{name: "no type after a TTL", text: "a IN 300\n", want: `test.zone:1:8: expected the type of a record`},
		{name: "no name", text: "\"v=spf1 -all\"\n", want: `test.zone:1:1: expected the name of a record at the start of a line, not "\""; a record is`},
		{name: "$TTL that is no time", text: "$TTL x\n", want: `test.zone:1:6: expected a time after $TTL, such as 3600 or 1h, not "x"`},
		{name: "$ORIGIN without a value", text: "$ORIGIN\n", want: `test.zone:1:7: $ORIGIN without a value`},
		{name: "data of an unknown type", text: "a TYPE65280 \\# 4 0A\n", want: `test.zone:1:17: not the data of a record of unknown type, which are \#, their length`},
		{name: "unknown type", text: "a SPFX x\n", want: `test.zone:1:`},
		{name: "alias beside data and its signature", text: "a CNAME b\na TXT \"x\"\na NSEC b CNAME\n", want: `test.zone: a: expected no other records beside a CNAME record`},
		{name: "two DNAME records", text: "a DNAME b\na DNAME c\n", want: `test.zone: a: expected one DNAME record`},
		{name: "alias beside data", text: "a CNAME b\na TXT \"x\"\n", want: `test.zone: a: expected no other records beside a CNAME record`},
		{name: "two aliases", text: "a CNAME b\na CNAME c\n", want: `test.zone: a: expected no other records beside a CNAME record`},
		{name: "dot in label", text: `a\.b A 192.0.2.1`, want: `test.zone: a\.b.: a dot within a label is not supported`},
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

// The zone file of the demo can be read, and has a delegation, which fails.
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
		{name: "255 bytes", text: `a TXT "` + record(255) + `"`},
		{name: "256 bytes", text: `a TXT "` + record(256) + `"`, want: `test.zone:1:7: a string of 256 bytes; a string of a TXT record has at most 255 (RFC 1035, 3.3.14). Split it, in one record: "...a a a a a a a a a a a a " "x"`},
		{name: "256 bytes with escapes for one", text: `a TXT "\065` + record(254) + `"`},
		{name: "two strings", text: `a TXT "` + record(250) + `" "` + record(250) + `"`},
		{name: "the second of two", text: "a IN 300 TXT ( \"x\" ; one\n \"" + record(300) + `" )`, want: `test.zone:2:2: a string of 300 bytes`},
		{name: "without quotes", text: "a TXT " + strings.Repeat("x", 256), want: `test.zone:1:7: a string of 256 bytes`},
		{name: "no owner", text: "a A 192.0.2.1\n  TXT " + strings.Repeat("x", 256), want: `test.zone:2:7: a string of 256 bytes`},
		{name: "an owner txt", text: "txt TXT \"" + record(300) + `"`, want: `test.zone:1:9: a string of 300 bytes`},
		{name: "another type", text: "txt A 192.0.2.1\na DNSKEY 256 3 8 " + strings.Repeat("AAAA", 100)},
		{name: "a comment", text: "a A 192.0.2.1 ; TXT \"" + record(300) + `"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseZone(strings.NewReader(test.text+"\n"), "", "test.zone")
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestZone_hint(t *testing.T) {
	for _, test := range []struct {
		name, text, origin, want string
	}{
		{name: "with $ORIGIN", text: "$ORIGIN example.com.\n@ TXT \"x\"\nwww A 192.0.2.1\n"},
		{name: "with --origin", text: "@ TXT \"x\"\nwww A 192.0.2.1\n", origin: "example.com"},
		{name: "absolute names", text: "example.com. TXT \"x\"\nwww.example.com. A 192.0.2.1\n"},
		{name: "a zone of one label", text: "$ORIGIN example.\n@ NS ns\nns A 192.0.2.1\n"},
		{name: "no origin", text: "www A 192.0.2.1\nsel._domainkey TXT \"x\"\n", want: "the file has records for the top-level name www,"},
		{name: "no origin, but an apex", text: "@ TXT \"x\"\n", want: "the file has records for the root,"},
		{name: "no final dot", text: "$ORIGIN example.com.\nwww.example.com A 192.0.2.1\n", want: "www.example.com.example.com repeats"},
		{name: "no final dot of a target", text: "$ORIGIN example.com.\n@ MX 10 mail.example.com\n", want: "mail.example.com.example.com repeats"},
		{name: "no final dot below one label", text: "$ORIGIN example.\na.example TXT \"x\"\n", want: "a.example.example repeats"},
		{name: "no records", text: "; nothing\n", want: "the file has no records"},
		{name: "the same label twice", text: "$ORIGIN com.\na.a A 192.0.2.1\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := parseZone(t, test.text, test.origin).Hint()
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
