package telegramtest

import "strconv"

type contact struct {
	phone, name string
	user        int64 // 0 = none of Telegram's
}

type file struct{ kind, id string }

func (u *User) json() object {
	out := object{"id": u.ID, "is_bot": false, "first_name": u.Name}
	if u.Language != "" {
		out["language_code"] = u.Language
	}
	return out
}

func (c *Chat) json() object {
	out := object{"id": c.ID, "type": c.kind}
	if c.kind == "private" {
		out["first_name"] = c.user.Name
	} else {
		out["title"] = c.Title
	}
	if c.forum {
		out["is_forum"] = true
	}
	return out
}

func (s *Server) botJSON() object {
	return object{"id": s.BotID, "is_bot": true, "first_name": "Aftercare", "username": s.Username}
}

// messageJSON is a message as the Bot API tells it.
func (s *Server) messageJSON(m *message, reply bool) object {
	out := object{"message_id": m.id, "date": m.date, "chat": m.chat.json()}
	switch {
	case m.from == nil:
		out["from"] = s.botJSON()
	case m.nameless:
		out["from"] = object{"id": 1087968824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot"}
		out["sender_chat"] = m.chat.json()
	default:
		out["from"] = m.from.json()
	}
	if m.edited != 0 {
		out["edit_date"] = m.edited
	}
	if m.thread != 0 {
		out["message_thread_id"], out["is_topic_message"] = m.thread, true
	}
	if m.file != nil {
		m.file.into(out, m.text)
	} else if m.text != "" {
		out["text"] = m.text
		if len(m.entities) > 0 {
			out["entities"] = m.entities
		}
	}
	if m.contact != nil {
		card := object{"phone_number": m.contact.phone, "first_name": m.contact.name}
		if m.contact.user != 0 {
			card["user_id"] = m.contact.user
		}
		out["contact"] = card
	}
	if len(m.markup) > 0 {
		out["reply_markup"] = m.markup
	}
	if reply {
		if to := m.chat.byID(m.replyTo); to != nil {
			out["reply_to_message"] = s.messageJSON(to, false)
		} else if m.thread != 0 && m.from != nil {
			// A message that replies to nothing names the topic's first one.
			out["reply_to_message"] = object{
				"message_id": m.thread, "date": m.date, "chat": m.chat.json(), "from": m.from.json(), "message_thread_id": m.thread,
				"is_topic_message": true, "forum_topic_created": object{"name": "Topic " + strconv.Itoa(m.thread), "icon_color": 7322096},
			}
		}
	}
	return out
}

// into writes the file as the Bot API tells it; its bytes do not exist.
func (f *file) into(out object, caption string) {
	one := object{"file_id": f.id, "file_unique_id": "u" + f.id, "file_size": 12345}
	switch f.kind {
	case "photo":
		small := object{"file_id": f.id + "-small", "file_unique_id": "us" + f.id, "file_size": 123, "width": 90, "height": 67}
		one["width"], one["height"] = 1280, 960
		out["photo"] = []object{small, one}
	case "voice":
		one["duration"], one["mime_type"] = 3, "audio/ogg"
	case "audio":
		one["duration"], one["mime_type"], one["file_name"] = 60, "audio/mpeg", "song.mp3"
	case "video":
		one["duration"], one["mime_type"], one["width"], one["height"] = 5, "video/mp4", 640, 480
	case "video_note":
		one["duration"], one["length"] = 5, 240
	case "document":
		one["mime_type"], one["file_name"] = "application/pdf", "bill.pdf"
	case "sticker":
		one["type"], one["width"], one["height"], one["is_animated"], one["is_video"], one["emoji"] = "regular", 512, 512, false, false, "😀"
	}
	if f.kind != "photo" {
		out[f.kind] = one
	}
	if caption != "" {
		out["caption"] = caption
	}
}

// memberChanged tells the bot of its own standing in a chat.
func (s *Server) memberChanged(c *Chat, by *User, before, after string) {
	s.emit("my_chat_member", c.lane(), messageLife, object{
		"chat": c.json(), "from": by.json(), "date": s.now().Unix(),
		"old_chat_member": s.standing(before), "new_chat_member": s.standing(after),
	})
}

func (s *Server) standing(status string) object {
	out := object{"user": s.botJSON(), "status": status}
	switch status {
	case "kicked":
		out["until_date"] = 0
	case "restricted":
		out["is_member"], out["can_send_messages"], out["until_date"] = true, false, 0
	case "administrator":
		for _, right := range []string{
			"can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
			"can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users",
		} {
			out[right] = right == "can_manage_chat"
		}
	}
	return out
}
