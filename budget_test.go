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

// goFiles parses the files of the program, without tests and nested modules, by
// their paths.
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

// TestImports holds who may import what, and why not.
func TestImports(t *testing.T) {
	ours := map[string][]string{ // by folder: which of our packages it may import
		"internal/mailstream": nil,
		"spf/dns":             {"policyd-spf/internal/lru"},
		"spf":                 {"policyd-spf/spf/dns"},
		"spf/lint":            {"policyd-spf/spf", "policyd-spf/spf/dns"},
		"conf":                nil,
		"internal/lru":        nil,
		"policy":              {"policyd-spf/spf", "policyd-spf/spf/dns", "policyd-spf/conf", "policyd-spf/internal/lru"},
		"explain":             {"policyd-spf/spf", "policyd-spf/spf/dns", "policyd-spf/spf/lint", "policyd-spf/conf", "policyd-spf/policy"},
		".":                   {"policyd-spf/spf", "policyd-spf/spf/dns", "policyd-spf/spf/lint", "policyd-spf/conf", "policyd-spf/policy", "policyd-spf/explain"},
	}
	only := map[string]string{ // by import: the one file, or folder, that may have it
		"github.com/miekg/dns": "spf/dns/codec.go",
		"gopkg.in/ini.v1":      "conf/file.go",
		"encoding/json":        "explain",
		"os/exec":              "explain",
	}
	banned := map[string]string{
		"net/http":      "a megabyte, and slow to start",
		"crypto/tls":    "the same",
		"log":           "it writes to standard error, which is Postfix's socket",
		"log/syslog":    "it waits for ever if nobody reads",
		"regexp":        "grammars have parsers; and it is slow to start",
		"text/template": "it keeps the linker from leaving anything out",
	}
	for name, f := range goFiles(t) {
		allowed, known := ours[path.Dir(name)]
		if !known {
			t.Errorf("%s: a folder that this test does not know", name)
		}
		for _, spec := range f.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			if strings.HasPrefix(imported, "policyd-spf/") && !slices.Contains(allowed, imported) {
				t.Errorf("%s must not import %s", name, imported)
			}
			if place, ok := only[imported]; ok && name != place && path.Dir(name) != place {
				t.Errorf("%s imports %s, which is for %s alone", name, imported, place)
			}
			if reason, ok := banned[imported]; ok {
				t.Errorf("%s imports %s: %s", name, imported, reason)
			}
		}
	}
}

// TestNoInit holds that nothing runs before main: there is no init(), and no
// variable of a package that is made by a call, but errors.
func TestNoInit(t *testing.T) {
	for name, f := range goFiles(t) {
		for _, decl := range f.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Name.Name == "init" && decl.Recv == nil {
					t.Errorf("%s has an init()", name)
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
							t.Errorf("%s: %s is made before main", name, v.Names[0].Name)
						}
					}
				}
			}
		}
	}
}

// TestRequirements holds what go.mod requires directly.
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
	if want := []string{"github.com/miekg/dns", "golang.org/x/sys", "gopkg.in/ini.v1"}; !slices.Equal(direct, want) {
		t.Errorf("go.mod requires %q, want %q", direct, want)
	}
}

// TestBinary holds what the binary may take up, and that what is not needed is
// not in it. The size is start-up time and memory of each process.
func TestBinary(t *testing.T) {
	const budget = 6 << 20 // octets; 5.6 million when this was written
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
		t.Errorf("the binary has %d octets, more than %d", info.Size(), budget)
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
