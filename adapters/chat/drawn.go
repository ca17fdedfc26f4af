package chat

// Drawn is a message as a platform would show it to a person: a preview is made from it. Each
// platform's Draw lays it out with the functions that lay out what is sent.
type Drawn struct {
	Text string     // the words, line by line
	Rows [][]Button // in the rows and with the words that the platform shows
	// Sent is what would be sent for the message, by the names of the platform's parameters;
	// of a page, its markup under "html".
	Sent map[string]string
}
