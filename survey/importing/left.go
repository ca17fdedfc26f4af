package importing

// Left is a line of what was left out or changed: which of Codes, and what stands in its gaps.
// Whoever shows it has the words.
type Left struct {
	Code string
	Args []string
}

// Codes are all that a line can have.
func Codes() []string {
	return []string{
		"parts", "condition", "condition_of", "checks", "table", "kind",
		"unknown_kind", "jumps", "last_page", "block", "logic", "blocks",
		"display", "form", "piped", "many_questions", "no_main", "many_options",
		"few_options", "calculated", "repeated", "filtered", "other_languages", "default_answer",
		"other_flows", "node", "branches", "no_question",
	}
}
