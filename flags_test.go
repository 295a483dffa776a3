package main

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func TestParseArguments(t *testing.T) {
	there := file(t, "--there", "")
	t.Chdir(there[:strings.LastIndexByte(there, '/')])
	client := identities{given: []string{"--ip", "--helo"}, ip: "192.0.2.1", helo: "mail.example.com"}
	server := netip.MustParseAddrPort("192.0.2.53:53")
	for _, test := range []struct {
		name string
		args string // blanks between them
		want options
	}{
		{"nothing", "", options{}},
		{"configuration", "x.conf", options{configFile: "x.conf"}},
		{"what comes behind", "x.conf --explain -h", options{configFile: "x.conf"}},
		{"configuration with a hyphen", "-x", options{configFile: "-x"}},
		{"configuration with two, which is there", "--there", options{configFile: "--there"}},
		{"usage", "--help", options{mode: modeUsage}},
		{"usage, whatever comes behind", "-h --explain", options{mode: modeUsage}},
		{"help", "--explain --help", options{mode: modeHelp}},
		{"a value behind an equals sign", "--explain --domain=example.com --zone=z=1", options{mode: modeExplain, domain: "example.com", zone: "z=1"}},
		{"the same mode twice", "--explain --explain", options{mode: modeExplain}},
		{"help, before and behind other flags", "--zone z --help --explain", options{mode: modeHelp, zone: "z"}},
		{"version", "--version", options{mode: modeVersion}},
		{"zone", "--zone z x.conf", options{zone: "z", configFile: "x.conf"}},
		{"zone with fallback", "--zone z --zone-fallback", options{zone: "z", fallback: true}},
		{"name server", "--dns 192.0.2.53", options{dns: server}},
		{"name server with port", "--dns 192.0.2.53:53", options{dns: server}},
		{"name server by IPv6", "--dns 2001:db8::53", options{dns: netip.MustParseAddrPort("[2001:db8::53]:53")}},
		{"name server in brackets", "--dns [2001:db8::53]", options{dns: netip.MustParseAddrPort("[2001:db8::53]:53")}},
		{"explain", "--explain", options{mode: modeExplain}},
		{"explain with configuration", "--explain x.conf", options{mode: modeExplain, configFile: "x.conf"}},
		{"explain a client", "--explain --ip 192.0.2.1 --helo mail.example.com x.conf", options{mode: modeExplain, identities: client, configFile: "x.conf"}},
		{"flags in another order", "x.conf --explain", options{configFile: "x.conf"}},
		{"flags behind the configuration", "--explain x.conf --json", options{mode: modeExplain, json: true, configFile: "x.conf"}},
		{"brackets", "--explain --ip 192.0.2.1 --sender <>", options{mode: modeExplain, identities: identities{given: []string{"--ip", "--sender"}, ip: "192.0.2.1"}}},
		{"domain", "--explain --domain example.com --json", options{mode: modeExplain, domain: "example.com", json: true}},
		{"check", "--check-config x.conf", options{mode: modeCheckConfig, configFile: "x.conf"}},
		{"show", "--json --show-config", options{mode: modeShowConfig, json: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseArguments(strings.Fields(test.args), false)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestParseArgumentsWrong(t *testing.T) {
	for _, test := range []struct{ name, args, phrase string }{
		{"unknown flag", "--explane", "expected --explain"},
		{"unknown flag behind others", "--explain --domian example.com", "expected --explain"},
		{"no value", "--zone", "expected the name of a zone file"},
		{"no value before another flag", "--explain --ip --helo x", "expected the client's address"},
		{"an address that is none", "--explain --ip 192.0.2.256 --helo x", "expected an IPv4 or IPv6 address"},
		{"a name server that is none", "--dns ns.example", "expected ADDRESS or ADDRESS:PORT"},
		{"a port that is none", "--dns 192.0.2.1:x", "expected ADDRESS or ADDRESS:PORT"},
		{"port 0", "--dns 192.0.2.1:0", "expected ADDRESS or ADDRESS:PORT"},
		{"two modes", "--explain --check-config", "expected one of them"},
		{"one hyphen behind a mode", "--explain -x", "expected --explain"},
		{"a bad value behind an equals sign", "--explain --ip=192.0.2 --helo x", "expected an IPv4 or IPv6 address"},
		{"a value for a flag that has none", "--explain=yes", "expected --explain"},
		{"a domain that is none", "--explain --domain a..b", "expected a domain name"},
		{"a domain of one label", "--explain --domain localhost", "expected a domain name"},
		{"a control character", "--explain --ip 192.0.2.1 --helo a\x01b", "without control characters"},
		{"two configurations", "--explain a.conf b.conf", "a second configuration file"},
		{"a client without address", "--explain --sender a@example.com", "expected the client's address too"},
		{"a client without identity", "--explain --ip 192.0.2.1", "expected one of them"},
		{"a client and a domain", "--explain --ip 192.0.2.1 --domain example.com", "one or the other"},
		{"a client without explain", "--ip 192.0.2.1 --helo x", "expected that flag"},
		{"json without a mode", "--json", "expected one of these"},
		{"fallback without zone", "--zone-fallback", "expected --zone FILE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseArguments(strings.Split(test.args, " "), false)
			if err == nil || !strings.Contains(err.Error(), test.phrase) || strings.ContainsRune(err.Error(), '\n') {
				t.Errorf("error %v, want one line with %q", err, test.phrase)
			}
		})
	}
}

// Where Postfix asks, no argument is a mistake.
func TestParseArgumentsOfPostfix(t *testing.T) {
	for _, test := range []struct {
		name, args string
		want       options
	}{
		{"configuration", "x.conf --json", options{configFile: "x.conf"}},
		{"unknown flag", "--explane", options{configFile: "--explane"}},
		{"explain", "--explain --json", options{configFile: "--explain"}},
		{"explain behind a zone", "--zone z --explain", options{zone: "z", configFile: "--explain"}},
		{"version", "--version", options{configFile: "--version"}},
		{"json", "--json", options{configFile: "--json"}},
		{"a client", "--ip 192.0.2.1", options{configFile: "--ip"}},
		{"no value", "--zone", options{configFile: "--zone"}},
		{"a name server that is none", "--dns x", options{configFile: "--dns"}},
		{"fallback without zone", "--zone-fallback", options{fallback: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseArguments(strings.Fields(test.args), true)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}
