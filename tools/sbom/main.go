// Sbom prints a software bill of materials of a Go binary, from the build
// information that the linker put into it: CycloneDX 1.5, as JSON.
//
//	sbom VERSION BINARY
//
// Equal binaries give equal output: no serial number, no time.
package main

import (
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
)

type bom struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Ref        string     `json:"bom-ref"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sbom VERSION BINARY")
		os.Exit(2)
	}
	info, err := buildinfo.ReadFile(os.Args[2])
	if err == nil {
		err = write(os.Stdout, os.Args[1], info)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "sbom: %s: %v\n", os.Args[2], err)
		os.Exit(1)
	}
}

// write prints the bill of a binary of the given version.
func write(w io.Writer, version string, info *debug.BuildInfo) error {
	self := component{
		Ref: info.Main.Path, Type: "application", Name: info.Main.Path, Version: version,
	}
	for _, s := range info.Settings {
		self.Properties = append(self.Properties, property{"build:" + s.Key, s.Value})
	}
	// The standard library is linked in as much as any module is.
	std := component{
		Ref: "std", Type: "library", Name: "std", Version: strings.TrimPrefix(info.GoVersion, "go"),
		PURL: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go"),
	}
	components := []component{std}
	on := []string{std.Ref}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c, err := library(m)
		if err != nil {
			return err
		}
		components = append(components, c)
		on = append(on, c.Ref)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(bom{
		Format: "CycloneDX", Spec: "1.5", Version: 1,
		Metadata:     metadata{self},
		Components:   components,
		Dependencies: []dependency{{self.Ref, on}},
	})
}

// library describes a module; its hash is that of go.sum, which covers the
// module's files and not an archive of them.
func library(m *debug.Module) (component, error) {
	c := component{
		Ref: m.Path, Type: "library", Name: m.Path, Version: m.Version,
		PURL: "pkg:golang/" + m.Path + "@" + m.Version,
	}
	encoded, ok := strings.CutPrefix(m.Sum, "h1:")
	if !ok {
		return c, fmt.Errorf("module %s has no h1 sum: %q", m.Path, m.Sum)
	}
	sum, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return c, fmt.Errorf("module %s: %v", m.Path, err)
	}
	c.Hashes = []hash{{"SHA-256", hex.EncodeToString(sum)}}
	return c, nil
}
