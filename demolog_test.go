package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"testing"
	"time"

	"policyd-spf/internal/golden"
	"policyd-spf/internal/mailstream"
)

// TestDemoLog holds that the log in testdata/demo is the generated one, or writes it
// with -update.
func TestDemoLog(t *testing.T) {
	const path = "testdata/demo/mail.log.gz"
	var want bytes.Buffer
	stream := mailstream.Generate(mailstream.Params{
		Seed: 7, Start: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Days: 9,
		DirectPerDay: 12, Forwarders: 1, Misconfigureds: 1, PermErrors: 1, ForgedOwnDay: 1, BotnetDay: 3,
	})
	if err := stream.WriteLog(&want, mailstream.LogOptions{RFC3339: true, DMARC: true}); err != nil {
		t.Fatal(err)
	}
	if golden.Updating() {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(want.Bytes()); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what internal/mailstream generates (rewrite with go test . -update)", path)
	}
}
