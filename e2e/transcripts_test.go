package e2e

import (
	"fmt"
	"net"
	"os/exec"
	"policyd-spf/internal/golden"
	"regexp"
	"strings"
	"testing"
)

// scenario is a conversation with a policy server.
type scenario struct {
	name     string
	config   string
	requests []string // attributes that differ from the defaults of request
}

// scenarios are the conversations in the transcripts of both programs.
var scenarios = []scenario{
	{name: "pass", requests: []string{"sender=a@pass.test"}},
	{name: "fail", requests: []string{"sender=a@fail.test"}},
	{name: "softfail", requests: []string{"sender=a@softfail.test"}},
	{name: "none", requests: []string{"sender=a@none.test"}},
	{name: "permerror", requests: []string{"sender=a@permerror.test"}},
	{name: "temperror", requests: []string{"sender=a@temperror.test"}},
	{name: "null sender, HELO pass", requests: []string{"helo_name=helopass.test"}},
	{name: "HELO fail", requests: []string{"helo_name=helofail.test\nsender=a@pass.test"}},
	{name: "receiver shown", config: "Hide_Receiver = No\n", requests: []string{"sender=a@pass.test"}},
	{name: "local client", requests: []string{"client_address=127.0.0.1\nsender=a@pass.test"}},
	{name: "two recipients", requests: []string{"sender=a@pass.test", "sender=a@pass.test\nrecipient=other@rcpt.test"}},
	{name: "test mode", config: "TestOnly = 0\n", requests: []string{"sender=a@fail.test"}},
	{name: "Authentication-Results", config: "Header_Type = AR\nAuthserv_Id = mx.test\n", requests: []string{"sender=a@pass.test"}},
}

func request(attributes string) string {
	all := map[string]string{"client_address": "192.0.2.1", "helo_name": "client.test", "sender": "", "recipient": "user@rcpt.test"}
	for line := range strings.Lines(attributes) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		all[name] = value
	}
	return fmt.Sprintf("request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\ninstance=1.2.3\nqueue_id=\n"+
		"client_address=%s\nclient_name=client.test\nreverse_client_name=client.test\nhelo_name=%s\nsender=%s\nrecipient=%s\n\n",
		all["client_address"], all["helo_name"], all["sender"], all["recipient"])
}

// transcribe runs a program through all scenarios and returns its replies and log
// lines.
func transcribe(t *testing.T, program string) string {
	t.Helper()
	startNameServer(t, "127.0.0.1:53")
	log := openLog(t)
	end, err := net.Dial("unixgram", logSocket)
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
	var out strings.Builder
	for i, s := range scenarios {
		const config = "/run/transcripts/policyd-spf.conf"
		write(t, config, "debugLevel = 1\n"+s.config, 0o644)
		cmd := exec.Command(program, config)
		var in strings.Builder
		for _, r := range s.requests {
			in.WriteString(request(r))
		}
		cmd.Stdin = strings.NewReader(in.String())
		seen := len(log.all())
		replies, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %s: %v", s.name, program, err)
		}
		mark := fmt.Sprintf("end of scenario %d", i)
		fmt.Fprintf(end, "<22>%s", mark)
		log.await(t, mark)
		fmt.Fprintf(&out, "== %s\n", s.name)
		for line := range strings.Lines(string(replies)) {
			if line != "\n" {
				out.WriteString(line)
			}
		}
		for _, line := range log.all()[seen:] {
			if m := logged.FindStringSubmatch(line); m != nil {
				fmt.Fprintf(&out, "log: %s\n", m[1])
			}
		}
	}
	return out.String()
}

var logged = regexp.MustCompile(`policyd-spf\[\d+\]: (.*?) *$`)

// This program and Debian's still reply and log as in the transcripts that
// docs/differences.md compares.
func TestTranscripts(t *testing.T) {
	for _, test := range []struct{ name, program, file string }{
		{name: "policyd-spf", program: binary, file: "policyd-spf.txt"},
		{name: "spf-engine 3.0.4", program: replacedBinary, file: "spf-engine-3.0.4.txt"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.program == replacedBinary {
				if version := debianVersion(replaced); !strings.HasPrefix(version, "3.0.4-") {
					skip(t, fmt.Sprintf("%s is not 3.0.4, but %q", replaced, version))
				}
				// With python3-dnspython, SERVFAIL has another result.
				if debianVersion("python3-dnspython") != "" {
					skip(t, "python3-dnspython is installed")
				}
			}
			golden.CompareIn(t, testdata, test.file, transcribe(t, test.program))
		})
	}
}

// debianVersion returns the version of an installed package, or "".
func debianVersion(name string) string {
	out, err := exec.Command("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name).Output()
	if err != nil {
		return ""
	}
	version, installed := strings.CutPrefix(string(out), "installed ")
	if !installed {
		return ""
	}
	return version
}
