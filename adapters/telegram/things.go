package telegram

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
)

// rawThings is what a person can send that is neither words nor a file.
type rawThings struct {
	Location *rawPlace `json:"location"`
	Venue    *struct {
		Location rawPlace `json:"location"`
		Title    string   `json:"title"`
		Address  string   `json:"address"`
	} `json:"venue"`
	Contact *struct {
		Phone string `json:"phone_number"`
		First string `json:"first_name"`
		Last  string `json:"last_name"`
	} `json:"contact"`
	Poll *struct {
		Question string `json:"question"`
		Options  []struct {
			Text string `json:"text"`
		} `json:"options"`
	} `json:"poll"`
	Dice *struct {
		Emoji string `json:"emoji"`
		Value int    `json:"value"`
	} `json:"dice"`
	Sticker *struct {
		Set string `json:"set_name"`
	} `json:"sticker"`
	Story *struct{} `json:"story"`
}

type rawPlace struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

func (p rawPlace) String() string {
	degrees := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	return degrees(p.Latitude) + ", " + degrees(p.Longitude)
}

// envelopes are the fields of a message that hold nothing that a person sent, and events are
// those by which Telegram reports what happened in a chat. What has any other field was sent
// by somebody, also where it is of a kind that this program does not know.
var envelopes, events = fields(`message_id message_thread_id is_topic_message direct_messages_topic from sender_chat
	sender_boost_count sender_business_bot sender_tag date business_connection_id chat forward_origin forward_from forward_from_chat
	forward_from_message_id forward_signature forward_sender_name forward_date is_automatic_forward reply_to_message
	external_reply quote reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot edit_date
	has_protected_content is_from_offline is_paid_post media_group_id author_signature paid_star_count effect_id reply_markup
	link_preview_options show_caption_above_media has_media_spoiler entities caption_entities suggested_post_info`),
	fields(`new_chat_members new_chat_member new_chat_participant left_chat_member left_chat_participant new_chat_title
	new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created channel_chat_created
	message_auto_delete_timer_changed migrate_to_chat_id migrate_from_chat_id pinned_message invoice successful_payment
	refunded_payment users_shared chat_shared gift unique_gift gift_upgrade_sent connected_website write_access_allowed
	passport_data proximity_alert_triggered boost_added chat_background_set checklist_tasks_done checklist_tasks_added
	direct_message_price_changed forum_topic_created forum_topic_edited forum_topic_closed forum_topic_reopened
	general_forum_topic_hidden general_forum_topic_unhidden giveaway_created giveaway giveaway_winners giveaway_completed
	paid_message_price_changed suggested_post_approved suggested_post_approval_failed suggested_post_declined
	suggested_post_paid suggested_post_refunded video_chat_scheduled video_chat_started video_chat_ended
	video_chat_participants_invited web_app_data chat_owner_left chat_owner_changed user_shared game`)

func fields(names string) map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(names) {
		all[name] = true
	}
	return all
}

// sent is what a message holds that is neither words nor a file; false where nobody sent
// anything.
func sent(message json.RawMessage) (chat.File, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(message, &fields) != nil {
		return chat.File{}, false
	}
	holds := false
	for name := range fields {
		if events[name] {
			return chat.File{}, false
		}
		holds = holds || !envelopes[name]
	}
	if !holds {
		return chat.File{}, false
	}
	var in rawThings
	switch {
	case json.Unmarshal(message, &in) != nil: // of another form than usual
	case in.Venue != nil:
		return thing("location", in.Venue.Title, in.Venue.Address, in.Venue.Location.String()), true
	case in.Location != nil:
		return thing("location", in.Location.String()), true
	case in.Contact != nil:
		return thing("contact", strings.TrimSpace(in.Contact.First+" "+in.Contact.Last), in.Contact.Phone), true
	case in.Poll != nil:
		said := []string{in.Poll.Question}
		for _, o := range in.Poll.Options {
			said = append(said, o.Text)
		}
		return thing("poll", said...), true
	case in.Dice != nil:
		return thing("dice", strings.TrimSpace(in.Dice.Emoji+" "+strconv.Itoa(in.Dice.Value))), true
	case in.Sticker != nil:
		return thing("sticker", in.Sticker.Set), true
	case in.Story != nil:
		return thing("story"), true
	}
	return thing("unknown"), true
}

// thing is what was sent, with what it says.
func thing(kind string, says ...string) chat.File {
	var all []string
	for _, s := range says {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, s)
		}
	}
	return chat.File{Kind: kind, Name: strings.Join(all, " · ")}
}
