package browsertest

// Walk opens a page in the first look and width and gives it, as it stands, every other one; looks is
// called in each. Widths take turns rarely: another width lays out the page anew.
func (t Tab) Walk(url string, looks []Look, widths []int64, at func(l Look, width int64)) {
	t.Helper()
	for i, width := range widths {
		for j, l := range looks {
			if i == 0 && j == 0 {
				t.Wear(l, width)
				t.Visit(url, l)
			} else {
				t.Change(l, width)
			}
			at(l, width)
		}
	}
}

// AccessibleIn has axe look at the page of a walk where it does: at the width of a phone in every look,
// and at that of a desk in light. In light, in dark and with large text every rule is asked, and where
// only the contrast or the colours are other ones and nothing moved, the rules of colours.
func (t Tab) AccessibleIn(l Look, width int64, where string) {
	t.Helper()
	switch {
	case width != 390 && (width != 1280 || l.Name != "light"):
	case l.Name == "more-contrast" || l.Name == "forced-colours":
		t.StillAccessible(where)
	default:
		t.Accessible(where)
	}
}
