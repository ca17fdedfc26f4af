package telegramtest

import "strings"

// sendFile sends a file again that people sent before. Nothing can be uploaded here.
func (s *Server) sendFile(kind string, p params) (any, *refused) {
	c, bad := s.writable(p["chat_id"])
	if bad != nil {
		return nil, bad
	}
	f := s.handedOut(p[kind])
	switch {
	case p[kind] == "":
		return nil, badRequest("there is no " + kind + " in the request")
	case f == nil:
		return nil, badRequest("wrong file identifier/HTTP URL specified")
	case f.kind != kind:
		return nil, badRequest("can't use file of type " + f.kind + " as " + kind)
	}
	m := &message{chat: c, date: s.now().Unix(), file: f}
	if bad := m.fill(p); bad != nil {
		return nil, bad
	}
	return s.place(m, p)
}

// handedOut is the file with an id that the bot was told: of a message that it heard.
func (s *Server) handedOut(id string) *file {
	for _, c := range s.chats {
		for _, m := range c.messages {
			if m.file != nil && (m.file.id == id || m.file.kind == "photo" && strings.TrimSuffix(id, "-small") == m.file.id) && (m.from == nil || s.hears(m)) {
				return m.file
			}
		}
	}
	return nil
}
