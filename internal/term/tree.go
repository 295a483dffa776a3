package term

// Branch returns the indent of a child in a tree whose parent's lines begin
// with above.
func (s Style) Branch(above string, last bool) Indent {
	switch {
	case s.UTF8 && last:
		return Indent{above + "└─ ", above + "   "}
	case s.UTF8:
		return Indent{above + "├─ ", above + "│  "}
	case last:
		return Indent{above + "`- ", above + "   "}
	}
	return Indent{above + "|- ", above + "|  "}
}
