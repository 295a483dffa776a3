package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

const auditZone = `$ORIGIN example.
$TTL 300
@    SOA ns hostmaster 1 3600 600 86400 300
good TXT "v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 -all"
bad  TXT "v=spf1 ipv4:192.0.2.1 -all"
`

func TestDomain(t *testing.T) {
	zone := tempFile(t, "zone", auditZone)
	relative := tempFile(t, "relative", "good TXT \"v=spf1 ip4:192.0.2.0/24 ~all\"\n")
	for _, test := range []struct {
		name   string
		args   []string
		in     string
		stdout string // part of it
		stderr string // part of it, "" for nothing
		status int
	}{
		{name: "audit", args: []string{"--domain", "good.example"}, stdout: "v=spf1 ip4:192.0.2.0/24 -all"},
		{name: "audit of a broken record", args: []string{"--domain", "bad.example"}, stdout: "meant: ip4:192.0.2.1", status: 1},
		{name: "audit in one line", args: []string{"--domain", "good.example", "--brief"}, stdout: "good.example: SPF works\n"},
		{name: "address that passes", args: []string{"--domain", "good.example", "--ip", "192.0.2.7"}, stdout: "by ip4:192.0.2.0/25"},
		{name: "address that does not pass", args: []string{"--domain", "good.example", "--ip", "2001:db8::1"}, stdout: "fail", status: 1},
		{name: "compare", args: []string{"--domain", "good.example", "--compare", relative, "--origin", "example."}, stdout: "From fail to softfail", status: 1},
		{name: "compare without a change", args: []string{"--domain", "good.example", "--compare", zone}, stdout: "no result changes"},
		{name: "compare with a broken record", args: []string{"--domain", "good.example", "--compare", tempFile(t, "z", "good.example. TXT \"v=spf1 +all\"\n")}, stdout: "does not work", status: 1},
		{name: "compare with a file without origin", args: []string{"--domain", "good.example", "--compare", relative}, stderr: "$ORIGIN", status: 1},
		{name: "compare with other names", args: []string{"--domain", "good.example", "--compare", tempFile(t, "z", "goood.example. TXT \"v=spf1 -all\"\n")}, stderr: "looks up; expected a record such as good.example. TXT", status: 1},
		{name: "compare with nothing", args: []string{"--domain", "good.example", "--compare", "/nowhere"}, stderr: "/nowhere", status: 1},
		{name: "changed since nothing", args: []string{"--domain", "good.example", "--changed-since", "/nowhere"}, stderr: "/nowhere", status: 1},
		{name: "changed since a file without audits", args: []string{"--domain", "good.example", "--changed-since", zone}, stderr: zone + ":1: not an audit; expected", status: 2},
		{name: "changed since a broken line", args: []string{"--domain", "good.example", "--changed-since", tempFile(t, "audits", `{"version":1,"domain":"good.example","error":"x"}`+"\n\n{\n")}, stderr: "audits:3: not an audit", status: 2},
		{name: "changed since another version", args: []string{"--domain", "good.example", "--changed-since", tempFile(t, "audits", `{"version":2,"domain":"good.example"}`)}, stderr: "audits:1: not an audit", status: 2},
		{name: "changed since a name that was not audited", args: []string{"--domain", "good.example", "--changed-since", tempFile(t, "audits", `{"version":1,"domain":"good.example","error":"x"}`)}, stdout: "good.example is new", status: 1},
		{name: "changed since, in one line", args: []string{"--domain", "good.example", "--brief", "--changed-since", tempFile(t, "empty", "")}, stdout: "good.example is new: the earlier audits do not have it\n", status: 1},
		{name: "no names", args: []string{"--domain", "-"}, in: "\n# none\n", stderr: "no domain names", status: 2},
		{name: "a file without records", args: []string{"--domain", "good.example", "--compare", tempFile(t, "none", "; nothing\n")}, stderr: "the file has no records", status: 1},
		{name: "changed since an empty file", args: []string{"--domain", "good.example", "--changed-since", tempFile(t, "empty", "")}, stdout: "good.example is new", status: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := command(t, append([]string{"--explain", "--zone", zone}, test.args...)...)
			stdout, stderr, status := execute(t, cmd, test.in)
			if status != test.status || !strings.Contains(stdout, test.stdout) {
				t.Errorf("exit status %d, want %d; want %q in:\n%s", status, test.status, test.stdout, stdout)
			}
			if test.stderr == "" && stderr != "" || !strings.Contains(stderr, test.stderr) || strings.Count(stderr, "\n") > 1 {
				t.Errorf("on standard error: %q, want %q", stderr, test.stderr)
			}
		})
	}
}

// Whatever the lines are, each with a name makes a document.
func TestDomain_oddNames(t *testing.T) {
	zone := tempFile(t, "zone", auditZone)
	long := strings.Repeat("x.", 40_000)
	for _, test := range []struct {
		name, in, want string // the domains; "!" after those that are not audited
		status         int
	}{
		{name: "a byte order mark and CR", in: "\uFEFFgood.example\r\ngood.example", want: "good.example good.example"},
		{name: "an internationalized name", in: "bücher.example\n", want: "xn--bcher-kva.example", status: 1},
		{name: "a URL and an address", in: "https://good.example/\npostmaster@good.example\n192.0.2.1\ngood\na b.example\n\xff.example\n",
			want: "https://good.example/! postmaster@good.example! 192.0.2.1! good! a b.example! \uFFFD.example!", status: 1},
		{name: "a long comment", in: "good.example # " + long + "\ngood.example\n", want: "good.example good.example"},
		{name: "a long line", in: long + "\ngood.example\n", want: long[:4096] + "! good.example", status: 1},
		{name: "a long last line", in: "good.example\n" + long[:8192], want: "good.example " + long[:4096] + "!", status: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdout, stderr, status := execute(t, command(t, "--explain", "--zone", zone, "--domain", "-"), test.in)
			var got []string
			for line := range strings.Lines(stdout) {
				var d struct{ Domain, Error string }
				if err := json.Unmarshal([]byte(line), &d); err != nil {
					t.Fatal(err)
				}
				if d.Error != "" {
					d.Domain += "!"
				}
				got = append(got, d.Domain)
			}
			if text := strings.Join(got, " "); text != test.want || status != test.status || stderr != "" {
				t.Errorf("%.200q, exit status %d, %q; want %.200q, %d", text, status, stderr, test.want, test.status)
			}
		})
	}
}

// Names on standard input make a line of JSON each, which a later run compares
// with what is published then.
func TestDomain_names(t *testing.T) {
	zone := tempFile(t, "zone", auditZone)
	names := "# ours\ngood.example\n\nGone.Example. # not any more\n"
	stdout, stderr, status := execute(t, command(t, "--explain", "--zone", zone, "--domain", "-"), names+"a..b\n")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if status != StatusFailed || stderr != "" || len(lines) != 3 {
		t.Fatalf("exit status %d, %q, %d lines", status, stderr, len(lines))
	}
	for i, want := range []string{"good.example", "gone.example", "a..b"} {
		var d struct {
			Version       int
			Domain, Error string
		}
		if err := json.Unmarshal([]byte(lines[i]), &d); err != nil || d.Version != 1 || d.Domain != want || (d.Error != "") != (want == "a..b") {
			t.Errorf("line %d: %v, %+v", i+1, err, d)
		}
	}
	earlier := tempFile(t, "audits.json", strings.Join(lines[:2], "\n")+"\n")
	for _, test := range []struct {
		name, zone string
		changed    string // of good.example
		status     int
	}{
		{name: "nothing", zone: auditZone},
		{name: "TTL", zone: strings.ReplaceAll(auditZone, "300", "600")},
		{name: "a record with the same effect", zone: strings.ReplaceAll(auditZone, "ip4:192.0.2.0/25 ip4:192.0.2.128/25", "ip4:192.0.2.0/24"), changed: "record good.example", status: 1},
		{name: "a record with another effect", zone: strings.ReplaceAll(auditZone, "-all", "~all"), changed: "record good.example effect", status: 1},
		{name: "a domain that gets a record", zone: auditZone + "gone TXT \"v=spf1 -all\"\n", status: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			zone := tempFile(t, "zone", test.zone)
			stdout, stderr, status := execute(t, command(t, "--explain", "--zone", zone, "--domain", "-", "--changed-since", earlier), names)
			var d struct{ Changed []string }
			if err := json.NewDecoder(strings.NewReader(stdout)).Decode(&d); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(d.Changed, " "); got != test.changed || status != test.status || stderr != "" {
				t.Errorf("changed %q, exit status %d, %q; want %q, %d", got, status, stderr, test.changed, test.status)
			}
		})
	}
	stdout, _, status = execute(t, command(t, "--explain", "--zone", zone, "--domain", "good.example", "--changed-since", earlier), "")
	if stdout != "good.example: nothing has changed\n" || status != StatusOK {
		t.Errorf("one domain: %q, exit status %d", stdout, status)
	}
}
