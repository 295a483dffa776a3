package explain

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policyd-spf/conf"
)

// nameServer answers each query with RCODE 0 and no data, and returns its address.
func nameServer(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			b[2] |= 0x80                   // QR (RFC 1035, 4.1.1)
			copy(b[6:12], make([]byte, 6)) // no data
			end := 12
			for b[end] != 0 {
				end += 1 + int(b[end])
			}
			c.WriteTo(b[:min(n, end+5)], from)
		}
	}()
	return netip.MustParseAddrPort(c.LocalAddr().String())
}

// silent returns an address where nobody answers.
func silent(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return netip.MustParseAddrPort(c.LocalAddr().String())
}

// withPostconf puts a postconf into PATH that prints nothing, or fails.
func withPostconf(t *testing.T, script string) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "postconf"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":/bin:/usr/bin")
}

func load(t *testing.T, text string) (*conf.File, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policyd-spf.conf")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	loaded, err := conf.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return loaded, path
}

const goodPostconf = `case $1 in
-M) echo 'policyd-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf' ;;
-x) echo 'config_directory = /etc/postfix'
    echo 'policyd-spf_time_limit = 3600s'
    echo 'smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service unix:private/policyd-spf' ;;
esac
`

func TestCheckConfig(t *testing.T) {
	tests := []struct {
		name     string
		config   string
		postconf string
		servers  func(*testing.T) netip.AddrPort
		clean    bool
		text     string // in what is printed
	}{
		{name: "clean", config: "debugLevel = 1\n", postconf: goodPostconf, servers: nameServer, clean: true, text: "0 problems, 0 hints"},
		{name: "a bad line", config: "debugLevel = 1\nHELO_rejct = Fail\n", postconf: goodPostconf, servers: nameServer, text: "(perhaps HELO_reject)"},
		{name: "a dead name server", postconf: goodPostconf, servers: silent, text: "does not answer correctly"},
		{name: "a bad process limit", postconf: strings.ReplaceAll(goodPostconf, "- 0 spawn", "- 5 spawn"), servers: nameServer, text: "policyd-spf maxproc = 5"},
		{name: "a hint", postconf: strings.ReplaceAll(goodPostconf, "3600s", "1800s"), servers: nameServer, clean: true, text: "0 problems, 1 hint"},
		{name: "a postconf that fails", postconf: "echo 'fatal: no main.cf' >&2; exit 1\n", servers: nameServer, clean: true, text: "postconf -M: fatal: no main.cf"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			withPostconf(t, test.postconf)
			loaded, path := load(t, test.config)
			d := CheckConfig(context.Background(), loaded, path, nil, []netip.AddrPort{test.servers(t)}, "/etc/resolv.conf")
			if d.Clean() != test.clean {
				t.Errorf("clean: %v; problems: %v", d.Clean(), d.Problems)
			}
			if text := d.Text(Style{}); !strings.Contains(text, test.text) {
				t.Errorf("no %q in:\n%s", test.text, text)
			}
		})
	}
}

func TestCheckConfig_unreadable(t *testing.T) {
	withPostconf(t, goodPostconf)
	d := CheckConfig(context.Background(), new(conf.File), "policyd-spf.conf", os.ErrPermission, nil, "")
	if d.Clean() || len(d.Problems) != 1 || d.Problems[0].File != "policyd-spf.conf" {
		t.Errorf("problems: %v", d.Problems)
	}
}

// TestCheckConfig_longValue: a long list is not printed whole for each of its
// entries.
func TestCheckConfig_longValue(t *testing.T) {
	withPostconf(t, goodPostconf)
	loaded, path := load(t, "Whitelist = "+strings.Repeat("é, ", 1000)+"\n")
	text := CheckConfig(context.Background(), loaded, path, nil, nil, "").Text(Style{UTF8: true})
	if len(text) > 20_000 || !strings.Contains(text, "...\n") {
		t.Errorf("%d bytes: %.1000s", len(text), text)
	}
}

func TestShowConfig(t *testing.T) {
	loaded, path := load(t, "# mine\nHELO_reject = Null\nSocket = x\nVoid_Limit = many\n")
	d := ShowConfig(loaded, path)
	got := make(map[string]ShownOption)
	for _, o := range d.Options {
		got[o.Name] = o
	}
	for _, want := range []ShownOption{
		{Name: "HELO_reject", Value: "Null", Origin: Origin{File: path, Line: 2}},
		{Name: "Socket", Value: "x", Origin: Origin{File: path, Line: 3}},
		{Name: "Void_Limit", Value: "2", Origin: Origin{Default: true}},
		{Name: "Whitelist", Origin: Origin{Default: true}},
	} {
		want.Meaning = got[want.Name].Meaning
		if got[want.Name] != want {
			t.Errorf("got %+v, want %+v", got[want.Name], want)
		}
	}
	if _, ok := got["PidFile"]; ok {
		t.Error("PidFile is there, which has no effect and is not in the file")
	}
	if text := d.Text(Style{}); !strings.Contains(strings.Join(strings.Fields(text), " "), "line 2 HELO_reject = Null default ") {
		t.Errorf("printed:\n%s", text)
	}
}
