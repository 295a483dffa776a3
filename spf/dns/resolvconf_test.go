package dns

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestReadResolvConf(t *testing.T) {
	servers := func(list ...string) (addrs []netip.AddrPort) {
		for _, s := range list {
			addrs = append(addrs, netip.MustParseAddrPort(s))
		}
		return addrs
	}
	home := servers("127.0.0.1:53")
	five, many := 5*time.Second, strings.Repeat("search a.test b.test\n", 1000)
	for _, test := range []struct {
		name, text string
		want       ResolvConf
	}{
		{name: "empty", want: ResolvConf{home, five, 2, false, false, nil}},
		{name: "comments only", text: "# nameserver 192.0.2.1\n;nameserver 192.0.2.2\n", want: ResolvConf{home, five, 2, false, false, nil}},
		{name: "one", text: "nameserver 192.0.2.1\n", want: ResolvConf{servers("192.0.2.1:53"), five, 2, false, false, nil}},
		{name: "no final line end", text: "nameserver 192.0.2.1", want: ResolvConf{servers("192.0.2.1:53"), five, 2, false, false, nil}},
		{name: "tabs, comment at the end", text: " nameserver\t192.0.2.1 # the first\n", want: ResolvConf{servers("192.0.2.1:53"), five, 2, false, false, nil}},
		{name: "CR LF", text: "nameserver 192.0.2.1\r\n", want: ResolvConf{servers("192.0.2.1:53"), five, 2, false, false, nil}},
		{name: "three of four", text: "nameserver 192.0.2.4\nnameserver 192.0.2.3\nnameserver 192.0.2.2\nnameserver 192.0.2.1\n",
			want: ResolvConf{servers("192.0.2.4:53", "192.0.2.3:53", "192.0.2.2:53"), five, 2, false, false, nil}},
		{name: "IPv6", text: "nameserver 2001:db8::53\nnameserver fe80::1%lo\nnameserver ::ffff:192.0.2.1\n",
			want: ResolvConf{servers("[2001:db8::53]:53", "[fe80::1%lo]:53", "192.0.2.1:53"), five, 2, false, false, nil}},
		{name: "no addresses", text: "nameserver\nnameserver dns.test\nnameserver 192.0.2\nnameserver 192.0.2.1:53\n", want: ResolvConf{home, five, 2, false, false, nil}},
		{name: "options", text: "options timeout:3 attempts:4 rotate use-vc\n", want: ResolvConf{home, 3 * time.Second, 4, true, true, nil}},
		{name: "options in two lines", text: "options timeout:3 rotate\noptions attempts:4\n", want: ResolvConf{home, 3 * time.Second, 4, true, false, nil}},
		{name: "too much", text: "options timeout:31 attempts:6\n", want: ResolvConf{home, 30 * time.Second, 5, false, false, nil}},
		{name: "far too much", text: "options timeout:99999999999999999999 attempts:99999999999999999999\n", want: ResolvConf{home, 30 * time.Second, 5, false, false, nil}},
		{name: "too little", text: "options timeout:0 attempts:0\n", want: ResolvConf{home, time.Second, 1, false, false, nil}},
		{name: "no numbers", text: "options timeout: attempts:x timeout attempts:-1\n", want: ResolvConf{home, five, 2, false, false, nil}},
		{name: "unknown", text: "options ndots:1 edns0 trust-ad\nsortlist 192.0.2.0\nfamily inet6\n", want: ResolvConf{home, five, 2, false, false, nil}},
		{name: "search list", text: many + "nameserver 192.0.2.1\n", want: ResolvConf{servers("192.0.2.1:53"), five, 2, false, false, nil}},
		{name: "octets", text: "\x00\xff\xfe\nnameserver 192.0.2.1\n", want: ResolvConf{servers("192.0.2.1:53"), five, 2, false, false, nil}},
		{name: "endless line", text: "nameserver 192.0.2.1\n#" + strings.Repeat("x", maxResolvConf), want: ResolvConf{servers("192.0.2.1:53"), five, 2, false, false, nil}},
		{name: "too long", text: strings.Repeat("#\n", maxResolvConf) + "nameserver 192.0.2.1\n", want: ResolvConf{home, five, 2, false, false, nil}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "resolv.conf")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := ReadResolvConf(path)
			got.Ignored = nil // TestReadResolvConf_ignored
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %v (%v)\nwant %v", got, err, test.want)
			}
		})
	}
}

// A file that cannot be read is an error, and the result has the defaults.
func TestReadResolvConfUnreadable(t *testing.T) {
	for name, prepare := range map[string]func(path string) error{
		"missing":       func(string) error { return nil },
		"directory":     func(path string) error { return os.Mkdir(path, 0o700) },
		"FIFO":          func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"link to self":  func(path string) error { return os.Symlink(path, path) },
		"no permission": func(path string) error { return os.WriteFile(path, []byte("nameserver 192.0.2.1\n"), 0) },
	} {
		t.Run(name, func(t *testing.T) {
			if name == "no permission" && os.Getuid() == 0 {
				t.Skip("root may read everything")
			}
			path := filepath.Join(t.TempDir(), "resolv.conf")
			if err := prepare(path); err != nil {
				t.Fatal(err)
			}
			got, err := ReadResolvConf(path)
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("got error %v, want one that names the file", err)
			}
			if !reflect.DeepEqual(got, DefaultResolvConf()) {
				t.Errorf("got %v, want the defaults", got)
			}
		})
	}
}

func TestNewClientDefaults(t *testing.T) {
	if c := NewClient(ResolvConf{}); !reflect.DeepEqual(c.conf, DefaultResolvConf()) {
		t.Errorf("got %v", c.conf)
	}
}
