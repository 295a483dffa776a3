package maillog

import (
	"path/filepath"
	"strings"
	"testing"

	"policyd-spf/internal/golden"
)

// TestPasteGolden pastes the texts of testdata/paste. Each section "paste: NAME" is
// followed by a section "found" with what Paste finds in it.
func TestPasteGolden(t *testing.T) {
	files, err := filepath.Glob("../testdata/paste/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files: ", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			f := golden.Read(t, file)
			got := golden.File{About: f.About}
			for _, section := range f.Sections {
				if !strings.HasPrefix(section.Name, "paste: ") {
					continue
				}
				s, err := Paste([]byte(section.Text), now())
				found := describeSource(&s)
				if err != nil {
					found, _, _ = strings.Cut("error: "+err.Error(), ": expected a policy request")
				}
				found += "\n"
				got.Sections = append(got.Sections, section, golden.Section{Name: "found", Text: found})
			}
			golden.Compare(t, file, got.String())
		})
	}
}
