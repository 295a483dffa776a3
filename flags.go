package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"unicode"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// mode is what the program is to do.
type mode uint8

const (
	modeServe       mode = iota // answer Postfix
	modeUsage                   // what the original prints
	modeVersion                 // --version
	modeHelp                    // --help behind another flag
	modeExplain                 // --explain
	modeCheckConfig             // --check-config
	modeShowConfig              // --show-config
)

// options are what the command line says.
type options struct {
	mode       mode
	zone       string         // --zone: the file that answers in place of name servers
	fallback   bool           // --zone-fallback: they answer what it has not
	dns        netip.AddrPort // --dns: the one name server to ask
	json       bool           // --json
	domain     string         // --domain: whose record is surveyed
	identities identities
	configFile string // "" if none is named
}

// identities are what --explain is to check, if that is no request on standard
// input.
type identities struct {
	given                       []string // flags
	ip, helo, sender, recipient string
}

// parseArguments reads the arguments behind the program's name.
//
// Flags come first. What is none is the configuration file's name, and unless
// a mode for people was asked for, what comes behind is not looked at.
//
// Where Postfix asks, nobody can be told of a mistake: what is no flag for
// that, or no good one, is the configuration file's name, as for the original.
// People are told, unless there is a file of that name.
func parseArguments(args []string, postfix bool) (o options, err error) {
	if len(args) > 0 && slices.Contains([]string{"-h", "--help", "-?"}, args[0]) {
		return options{mode: modeUsage}, nil
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		before := o
		known, takes, err := o.flag(arg, args)
		switch {
		case postfix && (!known || err != nil || o.mode != modeServe || o.json || o.domain != "" || len(o.identities.given) > 0):
			before.configFile = arg
			return before, nil
		case known && err == nil:
			args = args[takes:]
			continue
		case err != nil:
			return o, err
		case (strings.HasPrefix(arg, "--") || o.forPeople() && strings.HasPrefix(arg, "-")) && !exists(arg):
			return o, fmt.Errorf("there is no flag %q; expected --explain, --check-config, --show-config, --version, one of their flags (see --explain --help), or a configuration file", arg)
		case o.configFile != "":
			return o, fmt.Errorf("a second configuration file, %q; expected one", arg)
		}
		o.configFile = arg
		if !o.forPeople() {
			return o, nil
		}
	}
	if postfix {
		return o, nil
	}
	return o, o.check()
}

// forPeople tells whether something other than answers is asked for.
func (o *options) forPeople() bool { return o.mode != modeServe && o.mode != modeVersion }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// flag takes a flag, and tells how many of the arguments behind belong to it.
func (o *options) flag(name string, args []string) (known bool, takes int, err error) {
	if !strings.HasPrefix(name, "--") {
		return false, 0, nil
	}
	modes := map[string]mode{
		"--version": modeVersion, "--help": modeHelp,
		"--explain": modeExplain, "--check-config": modeCheckConfig, "--show-config": modeShowConfig,
	}
	if m, ok := modes[name]; ok {
		switch {
		case o.mode == m || o.mode == modeHelp:
		case o.mode == modeServe || m == modeHelp:
			o.mode = m
		default:
			return true, 0, fmt.Errorf("%s beside another flag that says what to do; expected one of them", name)
		}
		return true, 0, nil
	}
	switch name {
	case "--json":
		o.json = true
		return true, 0, nil
	case "--zone-fallback":
		o.fallback = true
		return true, 0, nil
	}
	wants := map[string]string{
		"--zone": "the name of a zone file", "--dns": "the address of a name server", "--domain": "a domain name",
		"--ip": "the client's address", "--helo": "a HELO name", "--sender": "the sender's address", "--recipient": "the recipient's address",
	}
	name, value, joined := strings.Cut(name, "=")
	want, ok := wants[name]
	switch {
	case !ok:
		return false, 0, nil
	case joined:
		return true, 0, o.value(name, value)
	case len(args) == 0 || strings.HasPrefix(args[0], "--"):
		return true, 0, fmt.Errorf("%s without a value; expected %s", name, want)
	}
	return true, 1, o.value(name, args[0])
}

// value takes the value of a flag.
func (o *options) value(name, value string) error {
	if strings.ContainsFunc(value, unicode.IsControl) {
		return fmt.Errorf("%s %q; expected a value without control characters", name, value)
	}
	id := &o.identities
	switch name {
	case "--zone":
		if o.zone = value; value == "" {
			return errors.New("--zone \"\"; expected the name of a zone file")
		}
		return nil
	case "--dns":
		var ok bool
		if o.dns, ok = parseServer(value); !ok {
			return fmt.Errorf("--dns %q; expected ADDRESS or ADDRESS:PORT, as 192.0.2.53 or [2001:db8::53]:53", value)
		}
		return nil
	case "--domain":
		o.domain = value
		if q, ok := spf.NewQuestion(value, dns.TypeTXT); !ok || !strings.Contains(q.Name, ".") {
			return fmt.Errorf("--domain %q; expected a domain name, as example.com", value)
		}
		return nil
	case "--ip":
		id.ip = value
		if _, err := netip.ParseAddr(value); err != nil {
			return fmt.Errorf("--ip %q; expected an IPv4 or IPv6 address", value)
		}
	case "--helo":
		id.helo = value
	case "--sender":
		id.sender = strings.TrimSuffix(strings.TrimPrefix(value, "<"), ">")
	case "--recipient":
		id.recipient = strings.TrimSuffix(strings.TrimPrefix(value, "<"), ">")
	}
	id.given = append(id.given, name)
	return nil
}

// parseServer reads an address with or without a port.
func parseServer(text string) (netip.AddrPort, bool) {
	const domainPort = 53
	if server, err := netip.ParseAddrPort(text); err == nil {
		return server, server.Port() != 0
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return netip.AddrPortFrom(addr, domainPort), err == nil
}

// check looks whether the flags go together.
func (o *options) check() error {
	id := &o.identities
	switch {
	case o.mode == modeHelp:
		return nil
	case o.fallback && o.zone == "":
		return errors.New("--zone-fallback without --zone; expected --zone FILE")
	case o.mode != modeExplain && (len(id.given) > 0 || o.domain != ""):
		return errors.New("--domain, --ip, --helo, --sender and --recipient are for --explain; expected that flag")
	case o.json && !o.forPeople():
		return errors.New("--json is for --explain, --check-config and --show-config; expected one of these")
	case o.domain != "" && len(id.given) > 0:
		return fmt.Errorf("--domain and %s; expected one or the other", id.given[0])
	case len(id.given) > 0 && id.ip == "":
		return fmt.Errorf("%s without --ip; expected the client's address too", id.given[0])
	case len(id.given) > 0 && !slices.Contains(id.given, "--helo") && !slices.Contains(id.given, "--sender"):
		return errors.New("--ip without --helo and --sender; expected one of them at least")
	}
	return nil
}

// request gives the request that the identities make.
func (id *identities) request() string {
	return "request=smtpd_access_policy\nclient_address=" + id.ip + "\nhelo_name=" + id.helo +
		"\nsender=" + id.sender + "\nrecipient=" + id.recipient + "\n\n"
}
