package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// goFiles parses the Go files of the main module, without tests, and returns
// them by path.
func goFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := make(map[string]*ast.File)
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." {
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil || strings.HasPrefix(d.Name(), ".") || d.Name() == "dist" {
				return fs.SkipDir
			}
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		files[filepath.ToSlash(name)] = f
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// module is the main module's path.
const module = "policyd-spf/"

// layer says which of our packages a package may import.
type layer struct {
	folder  string
	imports []string
	reason  string
}

// layers go from the bottom up: imports go down only, so that each layer can be
// read, tested and replaced without those above it.
var layers = []layer{
	{folder: "internal/idn", reason: "names are mapped before anything else is done with them"},
	{folder: "internal/lru", reason: "a cache knows nothing of what it holds"},
	{folder: "internal/suggest", reason: "a name is compared with others, whatever they name"},
	{folder: "internal/golden", reason: "only tests import it: it imports testing and defines a flag"},
	{folder: "internal/mailstream", reason: "made-up mail must not depend on what reads it"},
	{folder: "spf/dns", imports: []string{"internal/lru"}, reason: "DNS knows nothing of SPF"},
	{folder: "spf/dns/dnstest", reason: "a name server for tests knows nothing of what it tests"},
	{folder: "spf/dns/dnsfake", imports: []string{"spf/dns"}, reason: "a fake resolver returns the answers of spf/dns"},
	{folder: "conf", imports: []string{"internal/idn", "internal/suggest"}, reason: "settings are plain values"},
	{folder: "maillog", reason: "a log is read as it is, whoever wrote it"},
	{folder: "internal/term", reason: "rendering knows nothing of what it renders"},
	{folder: "internal/html", reason: "rendering knows nothing of what it renders"},
	{folder: "internal/html/htmltest", imports: []string{"internal/html"}, reason: "it reads back what that package writes"},
	{folder: "spf", imports: []string{"spf/dns", "internal/idn", "internal/lru"}, reason: "RFC 7208 needs DNS only"},
	{folder: "spf/lint", imports: []string{"spf", "spf/dns"}, reason: "an audit reads records and does not know who asks"},
	{folder: "dmarc", imports: []string{"spf/dns"}, reason: "a DMARC policy has nothing to do with SPF"},
	{folder: "policy", imports: []string{"spf", "spf/dns", "dmarc", "conf", "internal/idn", "internal/lru"}, reason: "the server must not depend on tools for people"},
	{folder: "explain", imports: []string{"spf", "spf/dns", "spf/lint", "conf", "policy", "maillog", "internal/html", "internal/idn", "internal/term"}, reason: "explanations observe the server"},
	{folder: "internal/postfix", reason: "Postfix's files are read as they are, whoever asks"},
	{folder: "internal/postfix/postfixtest", imports: []string{"internal/postfix"}, reason: "it stands in for postconf(1)"},
	{folder: "internal/checkconfig", imports: []string{"spf", "spf/dns", "dmarc", "conf", "policy", "internal/postfix", "internal/suggest", "internal/term"}, reason: "a check reads what the server and Postfix read"},
	{folder: "internal/probe", imports: []string{"internal/postfix", "internal/term"}, reason: "a probe sees the server from outside, as Postfix does"},
	{folder: "report", imports: []string{"spf", "spf/dns", "conf", "policy", "maillog", "internal/html", "internal/idn", "internal/term"}, reason: "a report reads logs and decides as the server does"},
	{folder: "internal/cli", imports: []string{"spf", "spf/dns", "spf/lint", "conf", "policy", "explain", "maillog", "report", "internal/html", "internal/term", "internal/checkconfig", "internal/postfix", "internal/probe", "internal/suggest"}, reason: "the command line wires everything"},
	{folder: ".", imports: []string{"internal/cli"}, reason: "main.go is a table of contents"},
}

// The table in docs/architecture.md has the layers and their imports.
func TestLayersDocument(t *testing.T) {
	_, text, _ := strings.Cut(read(t, "docs/architecture.md"), "<!-- layers -->")
	text, _, ok := strings.Cut(text, "<!-- /layers -->")
	rows := tableRows(text)
	if !ok || len(rows) == 0 {
		t.Fatal("docs/architecture.md has no table between <!-- layers --> and <!-- /layers -->")
	}
	var documented []string
	for _, row := range rows[1:] {
		documented = append(documented, strings.Join(append(codeSpans(row[0]), codeSpans(row[len(row)-1])...), " "))
	}
	var want []string
	for _, l := range layers {
		want = append(want, strings.Join(append([]string{l.folder}, l.imports...), " "))
	}
	if !slices.Equal(documented, want) {
		t.Errorf("docs/architecture.md has the layers\n%s\nwant\n%s", strings.Join(documented, "\n"), strings.Join(want, "\n"))
	}
}

// exclusiveImports are packages that only some folders, or one file, may import.
var exclusiveImports = []struct {
	path   string
	places []string
	reason string
}{
	{path: "github.com/miekg/dns", places: []string{"spf/dns/codec.go", "spf/dns/dnstest"}, reason: "one file translates; nothing else depends on the library's types"},
	{path: "golang.org/x/net/idna", places: []string{"internal/idn"}, reason: "one file maps names; its options decide which record is checked"},
	{path: "gopkg.in/ini.v1", places: []string{"conf/file.go"}, reason: "one file reads the configuration's syntax"},
	{path: "encoding/json", places: []string{"internal/term", "explain/changes.go", "maillog/paste_json.go"}, reason: "only documents for people, and what they paste, are JSON"},
	{path: "os/exec", places: []string{"internal/postfix", "internal/checkconfig"}, reason: "the server starts no program; the tools start postconf(1) and getent(1)"},
	{path: "flag", places: []string{"internal/cli", "internal/golden"}, reason: "flags are parsed in one place, and -update of tests in another"},
	{path: "sync", places: []string{"report", "spf/dns/dnstest"}, reason: "the server has one goroutine; --recheck and test servers have several"},
	{path: "testing", places: []string{"internal/golden", "internal/html/htmltest", "spf/dns/dnsfake", "spf/dns/dnstest"}, reason: "only tests import these packages"},
}

// bannedImports are packages that no part of the program may import.
var bannedImports = []struct{ path, reason string }{
	{path: "sync/atomic", reason: "what goroutines share goes through channels or a mutex"},
	{path: "unsafe", reason: "golang.org/x/sys/unix has the system calls"},
	{path: "net/http", reason: "it adds a megabyte and slows the start"},
	{path: "crypto/tls", reason: "it adds a megabyte and slows the start"},
	{path: "log", reason: "it writes to standard error, which is Postfix's socket"},
	{path: "log/syslog", reason: "it blocks for ever if nobody reads the socket"},
	{path: "regexp", reason: "grammars have parsers, and compiling expressions slows the start"},
	{path: "text/template", reason: "it keeps the linker from removing unused methods"},
	{path: "html/template", reason: "it needs text/template; internal/html writes pages"},
}

func TestImports(t *testing.T) {
	for name, file := range goFiles(t) {
		folder := path.Dir(name)
		i := slices.IndexFunc(layers, func(l layer) bool { return l.folder == folder })
		if i < 0 {
			t.Errorf("%s: %s has no entry in layers", name, folder)
			continue
		}
		for _, spec := range file.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			if ours, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(layers[i].imports, ours) {
				t.Errorf("%s imports %s: %s", name, imported, layers[i].reason)
			}
			for _, e := range exclusiveImports {
				if imported == e.path && !slices.Contains(e.places, name) && !slices.Contains(e.places, folder) {
					t.Errorf("%s imports %s, which only %q may: %s", name, imported, e.places, e.reason)
				}
			}
			for _, b := range bannedImports {
				if imported == b.path {
					t.Errorf("%s imports %s: %s", name, imported, b.reason)
				}
			}
		}
	}
}

// Nothing of ours runs before main: there is no init function, and no package
// variable is initialized by a call except errors.New.
func TestNoInit(t *testing.T) {
	for name, f := range goFiles(t) {
		if path.Dir(name) == "internal/golden" {
			continue // only tests import it
		}
		for _, decl := range f.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Name.Name == "init" && decl.Recv == nil {
					t.Errorf("%s has an init function", name)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					v, ok := spec.(*ast.ValueSpec)
					if !ok || decl.Tok != token.VAR {
						continue
					}
					for _, value := range v.Values {
						call, ok := value.(*ast.CallExpr)
						if !ok {
							continue
						}
						if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "New" || f.X.(*ast.Ident).Name != "errors" {
							t.Errorf("%s: %s is initialized by a call", name, v.Names[0].Name)
						}
					}
				}
			}
		}
	}
}

// go.mod requires two modules and golang.org/x directly.
func TestRequirements(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var direct []string
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(f) >= 2 && strings.HasPrefix(f[1], "v") && !strings.Contains(line, "// indirect") {
			direct = append(direct, f[0])
		}
	}
	direct = slices.DeleteFunc(direct, func(module string) bool { return strings.HasPrefix(module, "golang.org/x/") })
	if want := []string{"github.com/miekg/dns", "gopkg.in/ini.v1"}; !slices.Equal(direct, want) {
		t.Errorf("go.mod requires %q, want %q", direct, want)
	}
}

// The binary stays small, and what is not needed is not linked: its size is
// start-up time and memory of each process.
func TestBinary_size(t *testing.T) {
	const budget = 8 << 20 // bytes; the tools for people are half of it, and not touched by the server
	name := filepath.Join(t.TempDir(), "policyd-spf")
	build := func(flags string) {
		t.Helper()
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", name, ".")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	build("-s -w")
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > budget {
		t.Errorf("the binary has %d bytes, want at most %d", info.Size(), budget)
	}
	build("")
	symbols, err := exec.Command("go", "tool", "nm", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"crypto/tls.(*Conn)", "crypto/x509.(*Certificate)", "net/http.", "github.com/miekg/dns.(*Client)", "github.com/miekg/dns.(*Server)", "text/template."} {
		if strings.Contains(string(symbols), part) {
			t.Errorf("%s is linked", part)
		}
	}
}
