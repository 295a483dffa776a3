package suites

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"policyd-spf/spf"
)

var caseFlag = flag.String("case", "", "run only the suite cases of this name")

// noExplanation is what a suite writes if the domain publishes no explanation.
const noExplanation = "DEFAULT"

// scenario is a document of a suite: cases that share a zone.
type scenario struct {
	suite string // the file's name
	name  string // of the document
	zone  zone
	cases []suiteCase // by name

	dualStack bool // the checks have spf.Limits.DualStack
}

// limits returns the limits of the checks.
func (s scenario) limits() spf.Limits {
	l := spf.DefaultLimits()
	l.DualStack = s.dualStack
	return l
}

// suiteCase is a check and its expected result.
type suiteCase struct {
	name                 string
	host, helo, mailFrom string
	results              []string // any of these is right
	explanation          *string  // nil if not tested
}

// args returns the arguments of the case.
func (c suiteCase) args(t testing.TB) spf.Args {
	ip, err := netip.ParseAddr(c.host)
	if err != nil {
		t.Fatalf("%s: host: %v", c.name, err)
	}
	sender := c.mailFrom
	if sender == "" {
		sender = "postmaster@" + c.helo // RFC 7208, 2.4
	}
	domain := sender[strings.LastIndexByte(sender, '@')+1:]
	return spf.Args{IP: ip, Domain: domain, Sender: sender, HELO: c.helo}
}

// String returns the arguments for a failure message.
func (c suiteCase) String() string {
	return fmt.Sprintf("host %s, helo %q, mailfrom %q", c.host, c.helo, c.mailFrom)
}

// stringList is a YAML scalar or a list of them.
type stringList []string

func (s *stringList) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		n = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{n}}
	}
	return n.Decode((*[]string)(s))
}

// readSuite reads a suite file.
func readSuite(t testing.TB, path string) []scenario {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var scenarios []scenario
	for dec := yaml.NewDecoder(f); ; {
		var doc struct {
			Description string
			Tests       map[string]struct {
				Helo, Host  string
				MailFrom    string `yaml:"mailfrom"`
				Result      stringList
				Explanation *string
			}
			ZoneData map[string][]yaml.Node `yaml:"zonedata"`
		}
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return scenarios
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		name := strings.Join(strings.Fields(doc.Description), " ")
		if name == "" {
			name = fmt.Sprint("scenario ", len(scenarios)+1)
		}
		z, err := newZone(doc.ZoneData)
		if err != nil {
			t.Fatalf("%s: %s: %v", path, name, err)
		}
		s := scenario{suite: filepath.Base(path), name: name, zone: z}
		for _, name := range slices.Sorted(maps.Keys(doc.Tests)) {
			c := doc.Tests[name]
			s.cases = append(s.cases, suiteCase{name: name, host: c.Host, helo: c.Helo, mailFrom: c.MailFrom, results: c.Result, explanation: c.Explanation})
		}
		scenarios = append(scenarios, s)
	}
}

// readZone reads a file with zonedata only.
func readZone(t testing.TB, path string) zone {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var data map[string][]yaml.Node
	if err := yaml.Unmarshal(b, &data); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	z, err := newZone(data)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return z
}

// suitePaths returns the suite files: those in the module of the other SPF library, the
// openspf suite beside the repository, and our own.
func suitePaths(t testing.TB) []string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "blitiri.com.ar/go/spf").Output()
	if err != nil {
		t.Fatalf("go list -m blitiri.com.ar/go/spf: %v", err)
	}
	shipped, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "testdata", "*.yml"))
	if err != nil || len(shipped) < 4 {
		t.Fatalf("blitiri.com.ar/go/spf ships %d suites, want 4: %v", len(shipped), err)
	}
	own, err := filepath.Glob(filepath.Join("..", "testdata", "suites", "*.yml"))
	if err != nil || len(own) == 0 {
		t.Fatalf("no suites of our own: %v", err)
	}
	paths := append(shipped, own...)
	if beside := filepath.Join("..", "..", "shared", "suites", "rfc7208-tests.yml"); fileExists(beside) {
		paths = append(paths, beside)
	}
	return paths
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// suiteName returns the name of a suite in test names. The two copies of the RFC 7208
// suite have the same file name.
func suiteName(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".yml")
	if strings.Contains(path, "shared") {
		name += "-shared"
	}
	return name
}

func TestMain(m *testing.M) {
	// The tests spend most of their time waiting for timeouts.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	m.Run()
}
