package page

import (
	"net/http"
	"time"
)

const (
	// Still is how long somebody who is sent a file may take nothing of it.
	Still = 2 * time.Minute
	piece = 4 << 10 // bytes that are waited for at once
)

// Patient sends a long answer to whoever reads slowly: whatever the server allows an answer to take, it goes on as
// long as each piece is taken in time, and ends when somebody stands still.
type Patient struct {
	http.ResponseWriter
	Still time.Duration // 0 = as the constant
	Begun bool          // something was sent: from then on there is no other answer
}

func (p *Patient) Write(b []byte) (n int, err error) {
	p.Begun = true
	still := p.Still
	if still == 0 {
		still = Still
	}
	for {
		one := b[n:min(n+piece, len(b))]
		_ = http.NewResponseController(p.ResponseWriter).SetWriteDeadline(time.Now().Add(still)) // a recorder of tests has none
		taken, err := p.ResponseWriter.Write(one)
		if n += taken; err != nil || n == len(b) {
			return n, err
		}
	}
}
