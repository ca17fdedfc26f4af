package telegram

import "github.com/aftercare/aftercare/adapters/chat"

// attached is the one file that m shows by reference; false where its words alone can
// be shown: there is none, there are several, or its kind is not known.
func attached(m chat.Message) (chat.File, bool) {
	if len(m.Files) != 1 || m.Files[0].ID == "" {
		return chat.File{}, false
	}
	_, known := fileMethod(m.Files[0].Kind)
	return m.Files[0], known
}

// fileMethod is the method that sends a file of this kind. The kind is also the name
// of its parameter.
func fileMethod(kind string) (string, bool) {
	switch kind {
	case "photo":
		return "sendPhoto", true
	case "voice":
		return "sendVoice", true
	case "audio":
		return "sendAudio", true
	case "video":
		return "sendVideo", true
	case "document":
		return "sendDocument", true
	}
	return "", false
}

// noSuchFile reports whether the refusal is of the file and not of the chat: a file
// id is another bot's or too old, its kind is another, or the chat takes no files.
func noSuchFile(e *apiError) bool {
	return e.says("wrong file identifier", "wrong remote file id", "wrong file_id", "can't use file of type",
		"FILE_REFERENCE_", "VOICE_MESSAGES_FORBIDDEN", "not enough rights to send")
}

// postMethod and editMethod are the methods that show m as its form has it.
func postMethod(m chat.Message, f form) string {
	if file, ok := attached(m); ok && !f.noFile {
		method, _ := fileMethod(file.Kind)
		return method
	}
	return "sendMessage"
}

func editMethod(m chat.Message, f form) string {
	if _, ok := attached(m); ok && !f.noFile {
		return "editMessageCaption"
	}
	return "editMessageText"
}
