package cli

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"policyd-spf/internal/term"
	"policyd-spf/report"
)

// inFolderWithFiles changes to an empty folder with files of these names.
func inFolderWithFiles(t *testing.T, names ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range names {
		writeFile(t, name, "")
	}
}

func TestParseArgs(t *testing.T) {
	inFolderWithFiles(t, "--odd", "explain")
	server := netip.MustParseAddrPort("192.0.2.53:53")
	for _, test := range []struct {
		name string
		args []string
		want Options
	}{
		{name: "nothing", want: Options{}},
		{name: "configuration file", args: []string{"x.conf"}, want: Options{configFile: "x.conf"}},
		{name: "configuration file named like a flag", args: []string{"--odd"}, want: Options{configFile: "--odd"}},
		{name: "configuration file named like a mode", args: []string{"explain"}, want: Options{configFile: "explain"}},
		{name: "configuration file after --", args: []string{"--zone", "z", "--", "--x.conf"}, want: Options{zone: "z", configFile: "--x.conf"}},
		{name: "flags in any order", args: []string{"--explain", "x.conf", "--json"}, want: Options{Mode: Explain, json: true, configFile: "x.conf"}},
		{name: "help", args: []string{"--help"}, want: Options{Mode: Help}},
		{name: "short help", args: []string{"-h"}, want: Options{Mode: Help}},
		{name: "help after other flags", args: []string{"--explain", "--help"}, want: Options{Mode: Help}},
		{name: "help before other flags", args: []string{"--help", "--explain", "--check-config"}, want: Options{Mode: Help}},
		{name: "help about a word", args: []string{"--help", "nothing"}, want: Options{Mode: Help}},
		{name: "version", args: []string{"--version"}, want: Options{Mode: Version}},
		{name: "completion", args: []string{"--completion", "zsh"}, want: Options{Mode: Completion, shell: "zsh"}},
		{name: "one hyphen", args: []string{"-explain"}, want: Options{Mode: Explain}},
		{name: "the same mode twice", args: []string{"--explain", "--explain"}, want: Options{Mode: Explain}},
		{name: "value after an equals sign", args: []string{"--explain", "--domain=example.com", "--zone=z=1"}, want: Options{Mode: Explain, domain: "example.com", zone: "z=1"}},
		{name: "value that begins with hyphens", args: []string{"--explain", "--ip=192.0.2.1", "--helo=--x"}, want: Options{Mode: Explain, ip: "192.0.2.1", helo: "--x"}},
		{name: "zone", args: []string{"--zone", "z", "x.conf"}, want: Options{zone: "z", configFile: "x.conf"}},
		{name: "zone with fallback", args: []string{"--zone", "z", "--zone-fallback"}, want: Options{zone: "z", zoneFallback: true}},
		{name: "DNS server", args: []string{"--dns", "192.0.2.53"}, want: Options{dnsServer: server}},
		{name: "DNS server with port", args: []string{"--dns", "192.0.2.53:53"}, want: Options{dnsServer: server}},
		{name: "DNS server by IPv6 address", args: []string{"--dns", "2001:db8::53"}, want: Options{dnsServer: netip.MustParseAddrPort("[2001:db8::53]:53")}},
		{name: "DNS server in brackets", args: []string{"--dns", "[2001:db8::53]"}, want: Options{dnsServer: netip.MustParseAddrPort("[2001:db8::53]:53")}},
		{name: "request", args: []string{"--explain", "--ip", "192.0.2.1", "--helo", "mail.example.com", "x.conf"}, want: Options{Mode: Explain, ip: "192.0.2.1", helo: "mail.example.com", configFile: "x.conf"}},
		{name: "null reverse-path", args: []string{"--explain", "--ip", "192.0.2.1", "--sender", "<>"}, want: Options{Mode: Explain, ip: "192.0.2.1"}},
		{name: "address with a name", args: []string{"--explain", "--ip", "192.0.2.1", "--sender", "Alice <a@example.com>"}, want: Options{Mode: Explain, ip: "192.0.2.1", sender: "a@example.com"}},
		{name: "domain", args: []string{"--explain", "--domain", "example.com", "--json"}, want: Options{Mode: Explain, domain: "example.com", json: true}},
		{name: "check-config", args: []string{"--check-config", "x.conf"}, want: Options{Mode: CheckConfig, configFile: "x.conf"}},
		{name: "show-config", args: []string{"--json", "--show-config"}, want: Options{Mode: ShowConfig, json: true}},
		{name: "report", args: []string{"--report", "a.log", "-", "b.log.gz"}, want: Options{Mode: Report, report: reportOptions{logs: []string{"a.log", "-", "b.log.gz"}}}},
		{name: "report after the logs", args: []string{"a.log", "--report"}, want: Options{Mode: Report, report: reportOptions{logs: []string{"a.log"}}}},
		{name: "report with all flags",
			args: []string{"--report", "--config", "c", "--what-if", "a", "--what-if=b", "--own", "example.com,example.org", "--since", "7d", "--until=2026-11-01", "--list", "--recheck=all"},
			want: Options{Mode: Report, report: reportOptions{config: "c", whatIf: []string{"a", "b"}, own: []string{"example.com", "example.org"}, since: "7d", until: "2026-11-01", list: true, recheck: report.RecheckAll}}},
		{name: "recheck", args: []string{"--report", "--recheck"}, want: Options{Mode: Report, report: reportOptions{recheck: report.RecheckMissing}}},
		{name: "brief, exit-code and color", args: []string{"--explain", "--brief", "--exit-code", "--color=never"}, want: Options{Mode: Explain, brief: true, exitCode: true, color: term.ColorNever}},
		{name: "arguments after the server's configuration file", args: []string{"x.conf", "--explain", "-h"},
			want: Options{configFile: "x.conf", notes: []string{`ignored after the configuration file: "--explain -h"; put flags before it`}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseArgs(test.args, true)
			if err != nil {
				t.Fatal(err)
			}
			got.given = nil
			if test.want.color == "" {
				test.want.color = term.ColorAuto
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestParseArgs_errors(t *testing.T) {
	inFolderWithFiles(t)
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{name: "unknown flag", args: []string{"--xyzzy"}, want: `unknown flag "--xyzzy"; see policyd-spf --help`},
		{name: "misspelled flag", args: []string{"--explane"}, want: `unknown flag "--explane"; did you mean --explain?`},
		{name: "misspelled flag with a value", args: []string{"--explain", "--ips=192.0.2.1"}, want: `unknown flag "--ips"; did you mean --ip?`},
		{name: "swapped letters", args: []string{"--explain", "--domian", "example.com"}, want: `unknown flag "--domian"; did you mean --domain?`},
		{name: "underscore", args: []string{"--check_config"}, want: `unknown flag "--check_config"; did you mean --check-config?`},
		{name: "unknown short flag", args: []string{"--explain", "-x"}, want: `unknown flag "-x"; see policyd-spf --help`},
		{name: "three hyphens", args: []string{"---ip"}, want: `unknown flag "---ip"; did you mean --ip?`},
		{name: "flag after --", args: []string{"--", "--json"}, want: `no file has the name "--json"; what follows -- is not a flag`},
		{name: "flag of one mode", args: []string{"--exit-code"}, want: "--exit-code goes with --explain; add it or leave --exit-code out"},
		{name: "mode without hyphens", args: []string{"explain"}, want: `unknown word "explain"; did you mean --explain?`},
		{name: "misspelled mode without hyphens", args: []string{"chekc-config"}, want: `unknown word "chekc-config"; did you mean --check-config?`},
		{name: "unknown word", args: []string{"start"}, want: `unknown word "start", and no file has this name; expected a configuration file or a flag (see policyd-spf --help)`},
		{name: "no value", args: []string{"--zone"}, want: "--zone needs a value; expected the name of a zone file"},
		{name: "no value before another flag", args: []string{"--explain", "--ip", "--helo", "x"}, want: `--ip needs a value before "--helo"; expected the client's IPv4 or IPv6 address`},
		{name: "no value before --", args: []string{"--explain", "--helo", "--"}, want: `--helo needs a value before "--"; expected the client's HELO name`},
		{name: "empty zone", args: []string{"--zone", ""}, want: `--zone ""; expected the name of a zone file`},
		{name: "not an address", args: []string{"--explain", "--ip", "192.0.2.256", "--helo", "x"}, want: `--ip "192.0.2.256"; expected the client's IPv4 or IPv6 address`},
		{name: "not an address, after an equals sign", args: []string{"--explain", "--ip=192.0.2", "--helo", "x"}, want: `--ip "192.0.2"; expected the client's IPv4 or IPv6 address`},
		{name: "DNS server by name", args: []string{"--dns", "ns.example"}, want: `--dns "ns.example"; expected an address, such as 192.0.2.53 or [2001:db8::53]:53`},
		{name: "port that is not a number", args: []string{"--dns", "192.0.2.1:x"}, want: `--dns "192.0.2.1:x"; expected an address, such as 192.0.2.53 or [2001:db8::53]:53`},
		{name: "port 0", args: []string{"--dns", "192.0.2.1:0"}, want: `--dns "192.0.2.1:0"; expected an address, such as 192.0.2.53 or [2001:db8::53]:53`},
		{name: "two modes", args: []string{"--explain", "--check-config"}, want: "--check-config and --explain cannot be combined; give one of them"},
		{name: "value for a boolean flag", args: []string{"--explain=yes"}, want: "--explain=yes: --explain takes no value"},
		{name: "not one of the values", args: []string{"--color=alway"}, want: `--color "alway"; expected auto, always or never; did you mean always?`},
		{name: "unknown shell", args: []string{"--completion", "tcsh"}, want: `--completion "tcsh"; expected bash, zsh or fish`},
		{name: "empty label", args: []string{"--explain", "--domain", "a..b"}, want: `--domain "a..b"; expected a domain name, such as example.com, or - for names on standard input`},
		{name: "a URL for a domain", args: []string{"--explain", "--domain", "https://example.com/"}, want: `--domain "https://example.com/"; expected a domain name, such as example.com, or - for names on standard input`},
		{name: "an address for a domain", args: []string{"--explain", "--domain", "192.0.2.1"}, want: `--domain "192.0.2.1"; expected a domain name, such as example.com, or - for names on standard input`},
		{name: "an email address for a domain", args: []string{"--explain", "--domain", "postmaster@example.com"}, want: `--domain "postmaster@example.com"; expected a domain name, such as example.com, or - for names on standard input`},
		{name: "one label", args: []string{"--explain", "--domain", "localhost"}, want: `--domain "localhost"; expected a domain name, such as example.com, or - for names on standard input`},
		{name: "control character", args: []string{"--explain", "--ip", "192.0.2.1", "--helo", "a\x01b"}, want: `--helo "a\x01b" has a control character in it; expected the client's HELO name`},
		{name: "two configuration files", args: []string{"--check-config", "a.conf", "b.conf"}, want: `unexpected argument "b.conf" after the configuration file "a.conf"; expected one file`},
		{name: "request without address", args: []string{"--explain", "--sender", "a@example.com"}, want: "--sender needs --ip ADDRESS too: SPF checks the client's address"},
		{name: "request without identity", args: []string{"--explain", "--ip", "192.0.2.1"}, want: "--ip needs --helo NAME or --sender ADDRESS too: SPF checks a name or a sender's domain"},
		{name: "request and domain", args: []string{"--explain", "--ip", "192.0.2.1", "--helo", "x", "--domain", "example.com"}, want: "--domain audits a record and --helo makes a request; give one or the other"},
		{name: "two tasks for a domain", args: []string{"--explain", "--ip", "192.0.2.1", "--domain", "example.com", "--compare", "z"}, want: "--domain goes with one of --ip, --compare and --changed-since; give one of them"},
		{name: "many domains and an address", args: []string{"--explain", "--ip", "192.0.2.1", "--domain", "-"}, want: "--domain - audits many domains, and --ip and --compare are about one; name that"},
		{name: "compare without domain", args: []string{"--explain", "--compare", "z"}, want: "--compare needs --domain NAME: the domain whose record is new"},
		{name: "changed-since without domain", args: []string{"--explain", "--changed-since", "f"}, want: "--changed-since needs --domain NAME, or --domain - for names on standard input"},
		{name: "origin without zone", args: []string{"--explain", "--domain", "example.com", "--origin", "example.com"}, want: "--origin needs --zone FILE or --compare FILE: it is the domain of names in zone files"},
		{name: "origin that is not a name", args: []string{"--explain", "--zone", "z", "--origin", "a..b"}, want: `--origin "a..b"; expected a domain name, such as example.com`},
		{name: "empty compare", args: []string{"--explain", "--compare", ""}, want: `--compare ""; expected the name of a zone file with the new record`},
		{name: "request without a mode", args: []string{"--ip", "192.0.2.1", "--helo", "x"}, want: "--ip goes with --explain or --probe; add one of them or leave --ip out"},
		{name: "json without a mode", args: []string{"--json"}, want: "--json goes with --explain, --check-config, --show-config, --probe or --report; add one of them or leave --json out"},
		{name: "since", args: []string{"--report", "--since", "yesterday"}, want: `--since "yesterday"; expected ` + wantTime},
		{name: "own", args: []string{"--report", "--own", ","}, want: `--own ","; expected domain names with commas between them`},
		{name: "recheck of something", args: []string{"--report", "--recheck=some"}, want: "--recheck=some: --recheck takes no value, or all"},
		{name: "list without what-if", args: []string{"--report", "--list"}, want: "--list lists what a --what-if refuses; add --what-if FILE"},
		{name: "fallback without zone", args: []string{"--zone-fallback"}, want: "--zone-fallback needs --zone FILE, which is looked at first"},
		{name: "exit-code of a domain", args: []string{"--explain", "--domain", "example.com", "--exit-code"}, want: "--exit-code tells what happens to a message, and --domain has none; its exit status is 1 if the record is broken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := parseArgs(test.args, true); err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

// Scripts that expect the original get its usage line.
func TestParseArgs_helpWithoutTerminal(t *testing.T) {
	for _, arg := range []string{"-h", "--help", "-?"} {
		got, err := parseArgs([]string{arg, "--explain"}, false)
		if err != nil || got.Mode != Usage {
			t.Errorf("%s: mode %d, %v, want mode %d", arg, got.Mode, err, Usage)
		}
	}
	got, err := parseArgs([]string{"--explain", "--help"}, false)
	if err != nil || got.Mode != Help {
		t.Errorf("--explain --help: mode %d, %v, want mode %d", got.Mode, err, Help)
	}
}

// In master.cf no argument is an error.
func TestParsePostfixArgs(t *testing.T) {
	for _, test := range []struct {
		name, args string
		want       Options
	}{
		{name: "nothing", want: Options{}},
		{name: "help", args: "-h", want: Options{Mode: Usage}},
		{name: "long help", args: "--help x.conf", want: Options{Mode: Usage}},
		{name: "help in Python's spelling", args: "-?", want: Options{Mode: Usage}},
		{name: "configuration file", args: "x.conf --json", want: Options{configFile: "x.conf"}},
		{name: "configuration file with a hyphen", args: "-x", want: Options{configFile: "-x"}},
		{name: "configuration file with two", args: "--explane", want: Options{configFile: "--explane"}},
		{name: "double hyphen", args: "-- x.conf", want: Options{configFile: "--"}},
		{name: "explain", args: "--explain --json", want: Options{configFile: "--explain"}},
		{name: "explain after a zone", args: "--zone z --explain", want: Options{zone: "z", configFile: "--explain"}},
		{name: "version", args: "--version", want: Options{configFile: "--version"}},
		{name: "probe", args: "--probe", want: Options{configFile: "--probe"}},
		{name: "json", args: "--json", want: Options{configFile: "--json"}},
		{name: "request", args: "--ip 192.0.2.1", want: Options{configFile: "--ip"}},
		{name: "zone after an equals sign", args: "--zone=z x.conf", want: Options{zone: "z", configFile: "x.conf"}},
		{name: "zone and DNS server", args: "--zone z --zone-fallback --dns 192.0.2.53 x.conf",
			want: Options{zone: "z", zoneFallback: true, dnsServer: netip.MustParseAddrPort("192.0.2.53:53"), configFile: "x.conf"}},
		{name: "no value", args: "--zone", want: Options{configFile: "--zone"}},
		{name: "no value before another flag", args: "--zone --dns 192.0.2.53", want: Options{configFile: "--zone"}},
		{name: "empty value", args: "--zone=", want: Options{configFile: "--zone="}},
		{name: "control character", args: "--zone \x01", want: Options{configFile: "--zone"}},
		{name: "DNS server by name", args: "--dns x", want: Options{configFile: "--dns"}},
		{name: "fallback without zone", args: "--zone-fallback", want: Options{zoneFallback: true}},
		{name: "value for the fallback", args: "--zone-fallback=x", want: Options{configFile: "--zone-fallback=x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := parsePostfixArgs(strings.Fields(test.args)); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("--explain\n--ip\n192.0.2.1\n--helo=x\nx.conf")
	f.Add("--\n--x\n-")
	f.Add("--zone-fallback\n--dns\n[::1]:53\n-?\n-=")
	f.Fuzz(func(t *testing.T, text string) {
		args := strings.Split(text, "\n")
		parsePostfixArgs(args)
		if _, err := parseArgs(args, true); err != nil && strings.ContainsRune(err.Error(), '\n') {
			t.Errorf("an error of several lines: %q", err)
		}
	})
}

func TestDidYouMean(t *testing.T) {
	for _, test := range []struct{ name, word, want string }{
		{name: "one letter more", word: "--ips", want: "; did you mean --ip?"},
		{name: "one letter less", word: "--helo-", want: "; did you mean --helo?"},
		{name: "two letters swapped", word: "--sedner", want: "; did you mean --sender?"},
		{name: "capitals", word: "--JSON", want: "; did you mean --json?"},
		{name: "beginning", word: "--check", want: "; did you mean --check-config?"},
		{name: "beginning, one letter", word: "-v", want: "; did you mean --version?"},
		{name: "beginning of two", word: "--com", want: ""},
		{name: "something else", word: "--verbose", want: ""},
		{name: "nothing", word: "", want: ""},
		{name: "one letter", word: "-x", want: ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := didYouMean(test.word, flagNames(), "--"); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
