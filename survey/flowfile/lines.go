package flowfile

import "github.com/aftercare/aftercare/survey/strictyaml"

// Lines returns the line of each question of a flow file by its key, so that what
// survey.Check finds can be shown where it stands. What cannot be read has no line.
func Lines(source []byte) map[string]int {
	r := newReader(source)
	out := map[string]int{}
	root := r.Load(source)
	if root == nil {
		return out
	}
	entries, _ := r.Mapping(root, "a flow")
	for _, e := range entries {
		if e.Key != "questions" {
			continue
		}
		nodes, _ := r.List(e.Value, "questions")
		for _, n := range nodes {
			fields, _ := r.Mapping(n, "a question")
			r.linesOf(fields, out)
		}
	}
	return out
}

// linesOf notes the line of a question's key, and those of a matrix's rows.
func (r *reader) linesOf(fields []strictyaml.Entry, out map[string]int) {
	for _, f := range fields {
		switch f.Key {
		case "key":
			if key, ok := r.Str(f.Value, f.Key); ok {
				out[key], _ = strictyaml.Position(f.At)
			}
		case "rows":
			nodes, _ := r.List(f.Value, f.Key)
			for _, n := range nodes {
				row, _ := r.Mapping(n, "a row")
				r.linesOf(row, out)
			}
		}
	}
}
