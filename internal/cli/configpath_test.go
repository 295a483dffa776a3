package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// A configuration file that cannot be examined is not skipped.
func TestFirstExisting(t *testing.T) {
	dir := t.TempDir()
	join := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"first", "second"} {
		if err := os.WriteFile(join(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("loop", join("loop")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		names []string
		want  string
	}{
		{name: "first of two", names: []string{join("first"), join("second")}, want: join("first")},
		{name: "second, the first is missing", names: []string{join("none"), join("second")}, want: join("second")},
		{name: "directory missing", names: []string{join("none/none"), join("second")}, want: join("second")},
		{name: "none", names: []string{join("none"), join("neither")}, want: join("none")},
		{name: "below a file", names: []string{join("first/none"), join("second")}, want: join("first/none")},
		{name: "link to itself", names: []string{join("loop"), join("second")}, want: join("loop")},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := firstExisting(test.names); got != test.want {
				t.Errorf("firstExisting = %s, want %s", got, test.want)
			}
		})
	}
}

// A configuration file that cannot be examined ends the program without a reply.
func TestServe_unknownConfiguration(t *testing.T) {
	loop := filepath.Join(t.TempDir(), "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	out, _, status := execute(t, command(t, loop), "\n")
	if status != 1 || out != "" {
		t.Errorf("exit status %d, replies %q, want 1 and none", status, out)
	}
}
