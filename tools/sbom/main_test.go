package main

import (
	"bytes"
	"encoding/json"
	"runtime/debug"
	"testing"
)

func TestWrite(t *testing.T) {
	info := &debug.BuildInfo{
		GoVersion: "go1.99.1",
		Main:      debug.Module{Path: "policyd-spf"},
		Deps: []*debug.Module{
			{Path: "example.com/m", Version: "v1.2.3", Sum: "h1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},
		},
		Settings: []debug.BuildSetting{{Key: "GOOS", Value: "linux"}},
	}
	var out bytes.Buffer
	if err := write(&out, "1.0.0", info); err != nil {
		t.Fatal(err)
	}
	var got bom
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if c := got.Metadata.Component; c.Name != "policyd-spf" || c.Version != "1.0.0" {
		t.Errorf("component %q %q, want policyd-spf 1.0.0", c.Name, c.Version)
	}
	if len(got.Components) != 2 {
		t.Fatalf("%d components, want the standard library and one module", len(got.Components))
	}
	if got := got.Components[0].PURL; got != "pkg:golang/std@1.99.1" {
		t.Errorf("standard library is %s", got)
	}
	m := got.Components[1]
	if m.PURL != "pkg:golang/example.com/m@v1.2.3" {
		t.Errorf("module is %s", m.PURL)
	}
	if want := "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"; m.Hashes[0].Content != want {
		t.Errorf("module's hash is %s, want %s", m.Hashes[0].Content, want)
	}
	if on := got.Dependencies[0].On; len(on) != 2 {
		t.Errorf("depends on %v, want both components", on)
	}
}

func TestWriteRefusesAModuleWithoutSum(t *testing.T) {
	info := &debug.BuildInfo{Deps: []*debug.Module{{Path: "example.com/m", Version: "v1.2.3"}}}
	if err := write(&bytes.Buffer{}, "1.0.0", info); err == nil {
		t.Error("no error")
	}
}
