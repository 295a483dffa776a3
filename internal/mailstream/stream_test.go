package mailstream

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestGenerateIsDeterministic(t *testing.T) {
	a, b := Generate(Typical(1)), Generate(Typical(1))
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed makes two different streams")
	}
	if c := Generate(Typical(2)); reflect.DeepEqual(a.Messages, c.Messages) {
		t.Error("two seeds make the same stream")
	}
}

// TestGenerateHasEveryKind holds that each actor sends mail, and that what is
// known of it does not contradict itself.
func TestGenerateHasEveryKind(t *testing.T) {
	s := Generate(Typical(3))
	kinds := map[Kind]int{}
	for _, m := range s.Messages {
		kinds[m.Kind]++
		if m.Legit && !m.Exists {
			t.Errorf("%s: wanted by a recipient who does not exist: %+v", m.Kind, m)
		}
		if m.DKIM && m.DMARC == "fail" || m.MailFromResult == "pass" && m.DMARC == "fail" {
			t.Errorf("%s: DMARC fails beside an aligned pass: %+v", m.Kind, m)
		}
	}
	for _, k := range []Kind{Direct, Forwarder, SRSForwarder, List, Mailman, Newsletter, Misconfigured, PermError, OwnHost,
		BackupMX, NATGateway, ForgedOwn, Botnet, BurstForger, Snowshoe} {
		if kinds[k] < 5 {
			t.Errorf("%d messages of kind %s, want at least 5", kinds[k], k)
		}
	}
}

func TestWriteLogInterleavesSessions(t *testing.T) {
	var b bytes.Buffer
	s := Generate(Typical(4))
	if err := s.WriteLog(&b, LogOptions{DMARC: true}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) < 5*len(s.Messages) {
		t.Errorf("%d lines for %d messages", len(lines), len(s.Messages))
	}
	server, switches := "", 0
	for _, l := range lines {
		if _, ident, ok := strings.Cut(l, " mx policyd-spf["); ok {
			pid, _, _ := strings.Cut(ident, "]")
			if server != "" && pid != server && !strings.Contains(l, "identity=helo") {
				switches++
			}
			server = pid
		}
	}
	if switches == 0 {
		t.Error("no session is interrupted by another one")
	}
}
