package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// whatIfMessages is the number of messages that the test of what-if sends.
const whatIfMessages = 400

// whatIfRequests returns messages of ordinary and hostile senders with each result
// that spf-engine 3.0.4 has without python3-dnspython, for both identities.
func whatIfRequests() []peerRequest {
	random := rand.New(rand.NewPCG(14, 3))
	clients := []string{"192.0.2.1", "192.0.2.200", "198.51.100.9", "2001:db8::1", "2001:db8::bad"}
	helos := []string{"client.test", "pass.test", "fail.test", "softfail.test", "neutral.test", "permerror.test", "none.test", "temperror.test", "helopass.test", "helofail.test"}
	domains := []string{"pass.test", "fail.test", "softfail.test", "neutral.test", "permerror.test", "none.test", "temperror.test", "why.test"}
	locals := []string{"a", "a", "bounce+user=example.com", "a b", `"a@fail.test"`, "x; receiver=y", "x; client-ip=198.51.100.9; helo=fail.test"}
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	var all []peerRequest
	for range whatIfMessages {
		r := peerRequest{client: pick(clients), helo: pick(helos), sender: pick(locals) + "@" + pick(domains)}
		if random.IntN(8) == 0 {
			r.sender = ""
		}
		all = append(all, r)
	}
	return all
}

// whatIfReport is what the test reads of a report.
type whatIfReport struct {
	Messages int
	WhatIf   []struct {
		Refused, Deferred, Unknown int
		Messages                   []struct {
			Time   time.Time
			Action string
		}
	} `json:"what_if"`
}

// TestWhatIfSPFEngine holds that the what-if of the log that spf-engine 3.0.4 writes
// while it rejects nothing is what it refuses under the tried configuration. It logs
// one identity of a message, so some messages are unknown.
func TestWhatIfSPFEngine(t *testing.T) {
	if version := debianVersion(replaced); !strings.HasPrefix(version, "3.0.4-") {
		skip(t, fmt.Sprintf("%s is not 3.0.4, but %q", replaced, version))
	}
	if debianVersion("python3-dnspython") != "" {
		skip(t, "python3-dnspython is installed: SERVFAIL has another result")
	}
	ns := startNameServer(t, "127.0.0.1:53")
	ns.replaceRecords("9.100.51.198.in-addr.arpa.", "9.100.51.198.in-addr.arpa. 300 PTR notpass.test.\n")
	requests := whatIfRequests()
	lines := whatIfLog(t, requests)
	for _, test := range []struct {
		name, config    string
		refused, listed int // by spf-engine, by the what-if
		unknown         int
		differs         string // the client that docs/differences.md excepts
	}{
		{name: "Fail", config: "HELO_reject = Fail\nMail_From_reject = Fail\n", refused: 179, listed: 114, unknown: 210},
		{name: "Softfail and PermError", config: "HELO_reject = False\nMail_From_reject = Softfail\nPermError_reject = True\n", refused: 153, listed: 104, unknown: 91},
		{name: "SPF_Not_Pass and Whitelist", config: "HELO_reject = No_Check\nMail_From_reject = SPF_Not_Pass\nWhitelist = 198.51.100.0/24\n", refused: 120, listed: 83, unknown: 91},
		{name: "HELO SPF_Not_Pass", config: "HELO_reject = SPF_Not_Pass\nMail_From_reject = Fail\nTempError_Defer = True\n", refused: 243, listed: 87, unknown: 270},
		{name: "HELO Softfail alone", config: "HELO_reject = Softfail\nMail_From_reject = No_Check\nPermError_reject = True\n", refused: 202, listed: 80, unknown: 270},
		{name: "HELO Null", config: "HELO_reject = Null\nMail_From_reject = Fail\n", refused: 106, listed: 80, unknown: 91},
		{name: "Reject_Not_Pass_Domains", config: "HELO_reject = False\nMail_From_reject = False\nReject_Not_Pass_Domains = neutral.test,softfail.test\n", refused: 139, listed: 84, unknown: 112},
		{name: "whitelists of names", config: "HELO_reject = No_Check\nMail_From_reject = Softfail\nHELO_Whitelist = client.test\nDomain_Whitelist = pass.test\n", refused: 62, listed: 42, unknown: 91},
		{name: "No_Mail", config: "HELO_reject = No_Check\nMail_From_reject = Fail\nNo_Mail = True\n", refused: 40, listed: 0, unknown: 151},
		{name: "Domain_Whitelist_PTR", config: "HELO_reject = No_Check\nMail_From_reject = Fail\nDomain_Whitelist_PTR = pass.test\n", refused: 64, listed: 60, unknown: 91, differs: "198.51.100.9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			write(t, peerConfig, "debugLevel = 0\nskip_addresses = 127.0.0.0/8,::1\n"+test.config, 0o644)
			want := refusals(requestPeer(t, requests, replacedBinary, peerConfig))
			r := reportWhatIf(t, lines)
			if r.Messages != len(requests) {
				t.Fatalf("the report has %d messages, want %d", r.Messages, len(requests))
			}
			got := make(map[int]string)
			for _, m := range r.WhatIf[0].Messages {
				got[int(m.Time.Sub(whatIfTime(0))/time.Second)] = m.Action
			}
			if unknown := r.WhatIf[0].Unknown; len(want) != test.refused || len(got) != test.listed || unknown != test.unknown {
				t.Errorf("spf-engine refuses %d, the what-if %d; %d are unknown; want %d, %d, %d", len(want), len(got), unknown, test.refused, test.listed, test.unknown)
			}
			var missing []string // the lines of messages that the what-if does not refuse
			differing := 0
			for i, request := range requests {
				switch {
				case got[i] == want[i]:
				case request.client == test.differs:
					differing++
				case got[i] == "":
					missing = append(missing, lines[i])
				default:
					t.Errorf("message %d, %+v: the what-if says %q, spf-engine %q", i, request, got[i], want[i])
				}
			}
			if test.differs != "" && differing == 0 {
				t.Errorf("no message of %s differs", test.differs)
			}
			if len(missing) > 0 { // each of them must be unknown
				if alone := reportWhatIf(t, missing).WhatIf[0]; alone.Unknown != len(missing) {
					t.Errorf("spf-engine refuses %d messages that the what-if does not; %d of them are unknown:\n%s", len(missing), alone.Unknown, strings.Join(missing, "\n"))
				}
			}
		})
	}
}

// whatIfLog returns the line that spf-engine logs for each message if it rejects
// nothing. The time of a line is the number of its message.
func whatIfLog(t *testing.T, requests []peerRequest) []string {
	t.Helper()
	log := openLog(t)
	write(t, peerConfig, "debugLevel = 1\nskip_addresses = 127.0.0.0/8,::1\nHELO_reject = False\nMail_From_reject = False\n", 0o644)
	requestPeer(t, requests, replacedBinary, peerConfig)
	lines := peerLines(t, log)
	if len(lines) != len(requests) {
		t.Fatalf("%d lines for %d messages", len(lines), len(requests))
	}
	for i, line := range lines {
		lines[i] = whatIfTime(i).Format(time.RFC3339) + strings.TrimPrefix(line, "Nov  2 10:11:12")
	}
	return lines
}

func whatIfTime(i int) time.Time { return time.Date(2026, 11, 2, 0, 0, i, 0, time.UTC) }

// refusals returns which replies refuse mail, as the report names it.
func refusals(replies []string) map[int]string {
	refused := make(map[int]string)
	for i, reply := range replies {
		switch {
		case strings.HasPrefix(reply, "action=5"):
			refused[i] = "reject"
		case strings.HasPrefix(reply, "action=defer_if_permit"):
			refused[i] = "defer"
		}
	}
	return refused
}

// reportWhatIf returns the report of a log with the what-if of peerConfig.
func reportWhatIf(t *testing.T, lines []string) whatIfReport {
	t.Helper()
	cmd := exec.Command(binary, "--report", "--what-if", peerConfig, "--json", "--list", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	out, err := cmd.Output() // exits with 1 if rejecting is not safe
	var r whatIfReport
	if json.Unmarshal(out, &r) != nil || len(r.WhatIf) != 1 {
		t.Fatalf("--report: %v\n%s", err, out)
	}
	return r
}
