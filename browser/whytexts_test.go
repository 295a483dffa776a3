package browser

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// texts returns the texts of the Why page by language and key.
func texts(t *testing.T) map[string]map[string]any {
	t.Helper()
	page, err := os.ReadFile(whyFile)
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), `<script type="application/json" id="texts">`)
	block, _, _ = strings.Cut(block, "</script>")
	var languages map[string]map[string]any
	if err := json.Unmarshal([]byte(block), &languages); err != nil {
		t.Fatal(err)
	}
	return languages
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// shape describes a text: the values in it, or the shapes of a list's entries.
func shape(text any) string {
	switch text := text.(type) {
	case string:
		if text == "" {
			return "nothing"
		}
		found := placeholder.FindAllString(text, -1)
		slices.Sort(found)
		return fmt.Sprint("a text with ", found)
	case []any:
		shapes := make([]string, len(text))
		for i, entry := range text {
			shapes[i] = shape(entry)
		}
		return fmt.Sprint("a list of ", shapes)
	}
	return "nothing"
}

// Text has a contrast of at least 4.5 to its background, light and dark (WCAG 2.2,
// 1.4.3).
func TestWhyContrast(t *testing.T) {
	page, err := os.ReadFile(whyFile)
	if err != nil {
		t.Fatal(err)
	}
	schemes := regexp.MustCompile(`(?s)--text: .*?\}`).FindAllString(string(page), 2)
	if len(schemes) != 2 {
		t.Fatalf("%d color schemes, want 2", len(schemes))
	}
	for i, scheme := range schemes {
		colors := make(map[string]float64)
		for _, m := range regexp.MustCompile(`--([\w-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(scheme, -1) {
			colors[m[1]] = luminance(m[2])
		}
		for _, pair := range [][2]string{
			{"text", "page"}, {"text", "card"}, {"text", "value"}, {"text", "note"},
			{"soft", "page"}, {"soft", "card"}, {"soft", "value"}, {"accent", "page"}, {"card", "accent"},
		} {
			a, okA := colors[pair[0]]
			b, okB := colors[pair[1]]
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); !okA || !okB || ratio < 4.5 {
				t.Errorf("scheme %d: the contrast of %s on %s is %.1f", i, pair[0], pair[1], ratio)
			}
		}
	}
}

// luminance returns the relative luminance of a color, RRGGBB (WCAG 2.2).
func luminance(color string) float64 {
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, _ := strconv.ParseUint(color[2*i:2*i+2], 16, 8)
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
