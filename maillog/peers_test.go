package maillog

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReaderReadsPeerLogs: the recorded logs of other policy servers are read to
// the last line. e2e compares them with what the servers were asked.
func TestReaderReadsPeerLogs(t *testing.T) {
	for _, test := range []struct {
		name               string
		prepended, refused int
		exempt, ambiguous  int
	}{
		{name: "spf-engine", prepended: 12, refused: 3, exempt: 1, ambiguous: 1},
		{name: "spf-engine-header-only", prepended: 15, exempt: 1, ambiguous: 1},
		{name: "spf-engine-results", prepended: 12, refused: 3, exempt: 1, ambiguous: 1},
		{name: "spf-engine-ar", prepended: 15, exempt: 1, ambiguous: 1},
		{name: "spf-engine-whitelist", prepended: 15, exempt: 15, ambiguous: 1},
		{name: "perl", prepended: 12, refused: 3, exempt: 1, ambiguous: 2}, // a refusal without a URL, and an exemption
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := os.Open(filepath.Join("..", "e2e", "testdata", "peers", test.name+".log"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			r := NewReader(now())
			got := test
			got.prepended, got.refused, got.exempt, got.ambiguous = 0, 0, 0, 0
			r.OnMessage = func(m *Message) {
				switch m.Action {
				case Prepend:
					got.prepended++
				case Reject:
					got.refused++
				default:
					t.Errorf("no action: %s", describeMessage(m))
				}
				if m.Exempt != "" {
					got.exempt++
				}
				if m.Ambiguous {
					got.ambiguous++
				}
			}
			if err := r.Read(f); err != nil {
				t.Fatal(err)
			}
			r.Flush()
			if got != test || r.Stats.Unreadable > 0 {
				t.Errorf("%+v, %d unreadable lines; want %+v", got, r.Stats.Unreadable, test)
			}
		})
	}
}
