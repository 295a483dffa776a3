package browser

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The page reads the link that the server makes with the line of the guide.
func TestWhyGuide(t *testing.T) {
	guide, err := os.ReadFile("../docs/why-page.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^    (Reason_URL = .*)$`).FindSubmatch(guide)
	if line == nil {
		t.Fatal("the guide has no Reason_URL")
	}
	dir := t.TempDir()
	config, program := filepath.Join(dir, "policyd-spf.conf"), filepath.Join(dir, "policyd-spf")
	if err := os.WriteFile(config, append(line[1], '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = ".."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	zone := filepath.Join(dir, "zone")
	if err := os.WriteFile(zone, []byte("$ORIGIN example.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\nshop TXT \"v=spf1 -all\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := startWhy(t)
	for _, test := range []struct{ name, helo, sender, fact, value string }{
		{name: "MAIL FROM", helo: "dialup.test", sender: "orders@shop.example", fact: sender, value: "orders@shop.example"},
		{name: "HELO", helo: "shop.example", sender: "a@b.test", fact: name, value: "shop.example"},
		{name: "hostile sender", helo: "dialup.test", sender: `"a;ip=198.51.100.9;id=b&s=helo;<b>"@shop.example`, fact: sender, value: `"a;ip=198.51.100.9;id=b&s=helo;<b>"@shop.example`},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.Command(program, "--zone", zone, config)
			cmd.Stdin = strings.NewReader("client_address=2001:db8::9\nhelo_name=" + test.helo + "\nsender=" + test.sender + "\nrecipient=you@mx.test\n\n")
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			link := regexp.MustCompile(`https://\S+?/why/\?(.*)\n`).FindStringSubmatch(string(out))
			if link == nil {
				t.Fatalf("no link in %q", out)
			}
			got := p.why(t, link[1])
			if got.facts[host] != "2001:db8::9" || got.facts[test.fact] != test.value || got.facts[domain] != "shop.example" {
				t.Errorf("%s is shown as %q", link[1], got.facts)
			}
		})
	}
}
