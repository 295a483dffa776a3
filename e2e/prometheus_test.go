package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPrometheus has Debian's promtool check the gauges that --report makes of the
// server's mail log, and compares them with what is in the log.
func TestPrometheus(t *testing.T) {
	requireProgram(t, "promtool", "prometheus")
	for _, test := range logTests(t) {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			log, gauges := filepath.Join(dir, "mail.log"), filepath.Join(dir, "policyd_spf.prom")
			var lines strings.Builder
			for _, line := range test.lines {
				fmt.Fprintf(&lines, "%s mx %s\n", time.Now().Add(-time.Hour).Format(time.RFC3339), line)
			}
			lines.WriteString("2020-01-01T00:00:00Z mx policyd-spf[9]: Pass; identity=mailfrom; client-ip=192.0.2.1; helo=old.test; envelope-from=a@old.test; receiver=<UNKNOWN> \n")
			write(t, log, lines.String(), 0o644)
			command(t, binary, "--report", "--prometheus", "--output", gauges, log)
			text, err := os.ReadFile(gauges)
			if err != nil {
				t.Fatal(err)
			}
			promtool := exec.Command("promtool", "check", "metrics")
			promtool.Stdin = strings.NewReader(string(text))
			if out, err := promtool.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("promtool: %v\n%s\nof\n%s", err, out, text)
			}
			for _, result := range []string{"pass", "neutral", "softfail", "fail", "temperror"} {
				want := fmt.Sprintf("\npolicyd_spf_checks{identity=\"mailfrom\",result=%q} %d\n", result, test.counts[result])
				if !strings.Contains(string(text), want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
		})
	}
}
