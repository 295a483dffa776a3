package spf

import (
	"bytes"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func TestAppendQuery(t *testing.T) {
	q := Question{"a.\xff\".test", TypeMX}
	for _, test := range []struct {
		name string
		size uint16
		want string
	}{
		{"plain", 0, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x02\xff\"\x04test\x00\x00\x0f\x00\x01"},
		{"EDNS(0)", 1232, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x01a\x02\xff\"\x04test\x00\x00\x0f\x00\x01" +
			"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(appendQuery(nil, 0x1234, q, test.size)); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// No query outgrows its buffer.
func TestAppendQueryLongest(t *testing.T) {
	label := strings.Repeat("x", labelLimit)
	name := strings.Join([]string{label, label, label, label[:61]}, ".")
	if got := len(appendQuery(nil, 0, Question{name, TypeTXT}, udpSize)); !encodable(name) || got != maxQuery {
		t.Errorf("%d octets, want %d", got, maxQuery)
	}
}

// Every octet but the dot survives the way into a message and back.
func TestNameOctets(t *testing.T) {
	for c := range 256 {
		if c == '.' {
			continue
		}
		name := "a" + string([]byte{byte(c)}) + "b.test"
		query := appendQuery(nil, 1, Question{name, TypePTR}, 0)
		var m dns.Msg
		if err := m.Unpack(query); err != nil {
			t.Fatal(err)
		}
		if got := present(name); got != m.Question[0].Name {
			t.Errorf("%q: presented as %s, dns has %s", name, got, m.Question[0].Name)
		}
		if got, err := wireName(m.Question[0].Name); got != lowerASCII(name) || err != nil {
			t.Errorf("%q: came back as %q (%v)", name, got, err)
		}
	}
}

func TestWireName(t *testing.T) {
	for text, want := range map[string]string{`a\\.b.test.`: `a\.b.test`, `.`: "", `A.b.`: "a.b"} {
		if got, err := wireName(text); got != want || err != nil {
			t.Errorf("%s: got %q (%v), want %q", text, got, err, want)
		}
	}
	for _, text := range []string{`a\.b.test.`, `a\046b.test.`, `\..`, `a\\\.b.test.`} {
		if got, err := wireName(text); err != errDot {
			t.Errorf("%s: got %q (%v), want %v", text, got, err, errDot)
		}
	}
}

// FuzzZone reads a master file and looks up what is in it.
func FuzzZone(f *testing.F) {
	f.Add([]byte(testZone))
	f.Add([]byte("a CNAME *\n* CNAME a\n\\000 A 192.0.2.1\n"))
	f.Add([]byte("$GENERATE 1-3 a$ A 192.0.2.$\n$INCLUDE x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(bytes.ToUpper(text), []byte("$GENERATE")) {
			return // makes as many records as it is told
		}
		z, err := ParseZone(bytes.NewReader(text), "test", "zone")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "zone") {
				t.Errorf("error %q does not name the file", err)
			}
			return
		}
		for name := range z.names {
			for _, typ := range []Type{TypeA, TypeTXT, TypeMX} {
				for _, name := range []string{name, "x." + name} {
					a, err := z.Lookup(t.Context(), Question{name, typ})
					if err == nil && (a.TTL < 0 || a.TTL > maxTTL) {
						t.Errorf("%s %v: %+v", name, typ, a)
					}
				}
			}
		}
	})
}
